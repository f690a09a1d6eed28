/** Whether a kernel's release (`6.18.15+deb13-cloud-amd64`) is that version or a later one. @param wanted `6.5` */
export function isFrom(release: string, wanted: string): boolean {
  const [is, was] = [release, wanted].map((text) => text.split('.').map((part) => Number.parseInt(part, 10)));
  const [major = 0, minor = 0] = is!;
  const [wantedMajor = 0, wantedMinor = 0] = was!;
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/**
 * What `eu-elflint --gnu-ld --strict` says of an image, and why. Anything else is a mistake of ours. docs/tools.md has the same
 * rows, which the lab holds against these.
 */
export const ALLOWED: readonly { readonly says: RegExp; readonly document: string }[] = [
  {
    says: /^phdr\[0\]: unknown object file note type 1919315045 with owner name 'elfreeze' at offset \d+$/,
    document: "unknown object file note type 1919315045 with owner name 'elfreeze'",
  },
  {
    says: /^section \[ ?\d+\] '\.note\.elfreeze': unknown object file note type 1919315045 with owner name 'elfreeze' at offset \d+$/,
    document: "unknown object file note type 1919315045 with owner name 'elfreeze'",
  },
  {
    says: /^section \[ ?\d+\] '\.bss' has wrong type: expected NOBITS, is PROGBITS$/,
    document: "'.bss' has wrong type: expected NOBITS, is PROGBITS",
  },
  {
    says: /^section \[ ?\d+\] '\.dynamic' has wrong type: expected DYNAMIC, is PROGBITS$/,
    document: "'.dynamic' has wrong type: expected DYNAMIC, is PROGBITS",
  },
  {
    says: /^loadable segment \[\d+\] is executable but contains no executable sections$/,
    document: 'is executable but contains no executable sections',
  },
  {
    says: /^loadable segment \[\d+\] is writable but contains no writable sections$/,
    document: 'is writable but contains no writable sections',
  },
];

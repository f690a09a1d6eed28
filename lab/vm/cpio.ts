/** A file of an initramfs: with `bytes` a regular one, with `link` a symbolic one, with neither a folder. */
export interface Entry {
  /** Without a leading slash. */
  readonly path: string;
  readonly mode: number;
  readonly bytes?: Buffer;
  readonly link?: string;
}

const TYPE = { folder: 0o040000, file: 0o100000, link: 0o120000 } as const;
const TRAILER = 'TRAILER!!!';

/**
 * An archive that the kernel unpacks, uncompressed: of two archives one after the other it unpacks both. Folders that the entries
 * lie in are added.
 * @source Documentation/driver-api/early-userspace/buffer-format.rst, "newc"
 */
export function encodeCpio(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = [];
  withFolders(entries).forEach(({ path, mode, bytes, link }, index) => {
    const type = bytes ? TYPE.file : link === undefined ? TYPE.folder : TYPE.link;
    parts.push(...record(path, index + 1, type | mode, bytes ?? Buffer.from(link ?? '')));
  });
  parts.push(...record(TRAILER, 0, 0, Buffer.alloc(0)));
  return Buffer.concat(parts);
}

/** The kernel makes no folder that the archive does not name, and skips what would lie in it. */
function withFolders(entries: readonly Entry[]): Entry[] {
  const known = new Set(entries.map(({ path }) => path));
  const all: Entry[] = [];
  for (const entry of entries) {
    const steps = entry.path.split('/').slice(0, -1);
    for (let depth = 1; depth <= steps.length; depth++) {
      const path = steps.slice(0, depth).join('/');
      if (!known.has(path)) all.push({ path, mode: 0o755 });
      known.add(path);
    }
    all.push(entry);
  }
  return all;
}

function record(path: string, inode: number, mode: number, bytes: Buffer): Buffer[] {
  const name = Buffer.from(`${path}\0`, 'utf8');
  const links = 1;
  // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
  const fields = [inode, mode, 0, 0, links, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [...padded(header, name), ...padded(bytes)];
}

/** Header and name together, and the bytes, each end at a multiple of four. */
function padded(...parts: Buffer[]): Buffer[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [...parts, Buffer.alloc(-length & 3)];
}

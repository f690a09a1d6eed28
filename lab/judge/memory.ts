import { type FileHandle, open, readFile } from 'node:fs/promises';
import { PAGE, type Range } from '../../src/base/range.ts';
import type { Extent, MapsLine } from './look.ts';

const PAGE_BYTES = Number(PAGE);
const READ_AT_ONCE = 16n << 20n;
/** Bits of a pagemap entry: page present, page in swap. @source Documentation/admin-guide/mm/pagemap.rst */
const PRESENT_OR_SWAPPED = 0xc0;

const HEADER = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) \S+ (\d+)\s*(.*)$/;

/** /proc/PID/smaps: the lines of maps, each followed by its fields. */
export function parseSmaps(text: string): MapsLine[] {
  const lines: MapsLine[] = [];
  for (const line of text.split('\n')) {
    const header = HEADER.exec(line);
    if (header) {
      const [, start, end, permissions, offset, inode, path] = header as unknown as [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
      ];
      lines.push({
        start: BigInt(`0x${start}`),
        end: BigInt(`0x${end}`),
        permissions,
        offset: BigInt(`0x${offset}`),
        inode: BigInt(inode),
        path,
        vmFlags: [],
      });
    } else if (line.startsWith('VmFlags:')) {
      const last = lines.pop();
      if (last) lines.push({ ...last, vmFlags: line.slice('VmFlags:'.length).trim().split(/\s+/) });
    }
  }
  return lines;
}

export const readMaps = async (pid: number): Promise<MapsLine[]> =>
  parseSmaps(await readFile(`/proc/${pid}/smaps`, 'utf8'));

/** The kernel's own pages: their bytes are its business. */
export const isKernels = (line: MapsLine): boolean => /^\[(vvar|vsyscall)/.test(line.path);
export const isVdso = (line: MapsLine): boolean => line.path === '[vdso]';
/** Memory that is zeros where it has no page. */
export const isPrivateAnonymous = (line: MapsLine): boolean =>
  line.inode === 0n && line.permissions.endsWith('p') && !isVdso(line);

/** The bytes under all lines; of private anonymous memory only the pages that exist. */
export async function readMemory(pid: number, maps: readonly MapsLine[]): Promise<Extent[]> {
  const memory = await open(`/proc/${pid}/mem`);
  try {
    const pagemap = await open(`/proc/${pid}/pagemap`);
    try {
      const extents: Extent[] = [];
      for (const line of maps.filter((each) => !isKernels(each))) {
        const runs = isPrivateAnonymous(line) ? await presentRuns(pagemap, line) : [line];
        for (const run of runs) extents.push(...(await readRun(memory, run)));
      }
      return extents;
    } finally {
      await pagemap.close();
    }
  } finally {
    await memory.close();
  }
}

async function presentRuns(pagemap: FileHandle, range: Range): Promise<Range[]> {
  const runs: { start: bigint; end: bigint }[] = [];
  const buffer = Buffer.alloc(1 << 20);
  for (let at = range.start; at < range.end;) {
    const wanted = Math.min(buffer.length, Number((range.end - at) / PAGE) * 8);
    const { bytesRead } = await pagemap.read(buffer, 0, wanted, Number(at / PAGE) * 8);
    if (bytesRead !== wanted) throw new Error(`pagemap is short at ${at.toString(16)}`);
    for (let entry = 0; entry < bytesRead; entry += 8, at += PAGE) {
      if ((buffer[entry + 7]! & PRESENT_OR_SWAPPED) === 0) continue;
      const last = runs.at(-1);
      if (last?.end === at) last.end += PAGE;
      else runs.push({ start: at, end: at + PAGE });
    }
  }
  return runs;
}

async function readRun(memory: FileHandle, run: Range): Promise<Extent[]> {
  const extents: Extent[] = [];
  for (let at = run.start; at < run.end;) {
    const length = run.end - at < READ_AT_ONCE ? run.end - at : READ_AT_ONCE;
    const bytes = await readWhole(memory, at, Number(length));
    if (bytes) extents.push({ address: at, bytes });
    else
      for (let page = at; page < at + length; page += PAGE)
        extents.push({ address: page, bytes: await readWhole(memory, page, PAGE_BYTES) });
    at += length;
  }
  return extents;
}

/** null when any of it cannot be read, as beyond the end of a mapped file. */
async function readWhole(memory: FileHandle, at: bigint, length: number): Promise<Buffer | null> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const bytesRead = await memory.read(bytes, done, length - done, Number(at) + done).then(
      (result) => result.bytesRead,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EIO') return 0;
        throw error;
      },
    );
    if (bytesRead === 0) return null;
    done += bytesRead;
  }
  return bytes;
}

import { PAGE, type Range } from '../../src/base/range.ts';
import type { Extent, MapsLine } from './look.ts';
import type { ProcSource } from './proc-source.ts';

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

export const readMaps = async (proc: Pick<ProcSource, 'read'>): Promise<MapsLine[]> =>
  parseSmaps((await proc.read('smaps')).toString('utf8'));

/** The kernel's own pages: their bytes are its business. */
export const isKernels = (line: MapsLine): boolean => /^\[(vvar|vsyscall)/.test(line.path);
export const isVdso = (line: MapsLine): boolean => line.path === '[vdso]';
/** Memory that is zeros where it has no page. */
export const isPrivateAnonymous = (line: MapsLine): boolean =>
  line.inode === 0n && line.permissions.endsWith('p') && !isVdso(line);

/**
 * The bytes under all lines; of private anonymous memory only the pages that exist.
 * @param traces whether the process may be stopped for what only who traces it can read
 */
export async function readMemory(proc: ProcSource, maps: readonly MapsLine[], traces = false): Promise<Extent[]> {
  const extents: Extent[] = [];
  for (const line of maps.filter((each) => !isKernels(each))) {
    const runs = isPrivateAnonymous(line) ? await presentRuns(proc, line) : [line];
    for (const run of runs) extents.push(...(await readRun(proc, run, traces)));
  }
  return extents;
}

/** Entries of pagemap read at once. */
const ENTRIES = 1n << 17n;

async function presentRuns(proc: ProcSource, range: Range): Promise<Range[]> {
  const runs: { start: bigint; end: bigint }[] = [];
  for (let at = range.start; at < range.end;) {
    const left = (range.end - at) / PAGE;
    const wanted = 8 * Number(left < ENTRIES ? left : ENTRIES);
    const entries = await proc.readPart('pagemap', (at / PAGE) * 8n, wanted);
    if (entries?.length !== wanted) throw new Error(`pagemap is short at ${at.toString(16)}`);
    for (let entry = 0; entry < wanted; entry += 8, at += PAGE) {
      if ((entries[entry + 7]! & PRESENT_OR_SWAPPED) === 0) continue;
      const last = runs.at(-1);
      if (last?.end === at) last.end += PAGE;
      else runs.push({ start: at, end: at + PAGE });
    }
  }
  return runs;
}

async function readRun(proc: ProcSource, run: Range, traces: boolean): Promise<Extent[]> {
  const extents: Extent[] = [];
  for (let at = run.start; at < run.end;) {
    const length = run.end - at < READ_AT_ONCE ? run.end - at : READ_AT_ONCE;
    const bytes = await readWhole(proc, at, Number(length));
    if (bytes) extents.push({ address: at, bytes });
    else if (traces) extents.push(...pagesIn(await proc.peekMemory(at, Number(length)), at));
    else
      for (let page = at; page < at + length; page += PAGE)
        extents.push({ address: page, bytes: await readWhole(proc, page, PAGE_BYTES) });
    at += length;
  }
  return extents;
}

/** What peek.c writes: for each page a 1 and its bytes, or a 0. */
function pagesIn(written: Buffer, start: bigint): Extent[] {
  const extents: Extent[] = [];
  for (let at = 0, address = start; at < written.length; address += PAGE) {
    const isThere = written[at++] === 1;
    extents.push({ address, bytes: isThere ? written.subarray(at, at + PAGE_BYTES) : null });
    if (isThere) at += PAGE_BYTES;
  }
  return extents;
}

/** null when any of it cannot be read, as beyond the end of a mapped file. */
async function readWhole(proc: ProcSource, at: bigint, length: number): Promise<Buffer | null> {
  const bytes = await proc.readPart('mem', at, length);
  return bytes?.length === length ? bytes : null;
}

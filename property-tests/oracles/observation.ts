/** One line of /proc/PID/maps. */
export interface SeenMapping {
  readonly start: bigint;
  readonly end: bigint;
  /** `rw-p` */
  readonly permissions: string;
  readonly offset: bigint;
  readonly path: string;
}

/** A process before its first instruction, or where it stopped itself. */
export interface SeenProcess {
  readonly kind: 'entered';
  readonly ip: bigint;
  readonly sp: bigint;
  /** What brk(0) says; undefined where nobody asked. */
  readonly brk: bigint | undefined;
  readonly startBrk: bigint;
  /** By AT_* number. */
  readonly auxv: ReadonlyMap<number, bigint>;
  readonly maps: readonly SeenMapping[];
  /** Where it stopped itself: NT_PRSTATUS and NT_X86_XSTATE. */
  readonly registers: Buffer | undefined;
  readonly xstate: Buffer | undefined;
  readonly sigmask: bigint | undefined;
  /** Where it stopped itself: CRC-32 of each mapping by its start, less the pages that even its tracer cannot read. */
  readonly crcs: ReadonlyMap<bigint, number>;
  readonly unreadable: ReadonlySet<bigint>;
}

export type Observation =
  | { readonly kind: 'error'; readonly errno: number }
  | { readonly kind: 'killed'; readonly signal: number }
  /** @property said what it, or another of the same call, printed to standard error, where that is known */
  | { readonly kind: 'exited'; readonly status: number; readonly said?: string }
  | SeenProcess;

/** Place in /proc/PID/stat, counted from 1. @source proc_pid_stat(5) */
const START_BRK = 47;

/** What launcher.c printed of one case, without its first and its last line. */
export function parseObservation(lines: readonly string[]): Observation {
  const [first = '', ...rest] = lines;
  const [kind, ...values] = first.split(' ');
  if (kind === 'errno') return { kind: 'error', errno: Number(values[0]) };
  if (kind === 'killed') return { kind, signal: Number(values[0]) };
  if (kind === 'exited') return { kind, status: Number(values[0]) };
  if (kind !== 'entered') throw new Error(`the launcher said ${JSON.stringify(first)}`);
  const one = (name: string): string | undefined =>
    rest.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  const all = (name: string): string[] =>
    rest.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));
  const stat = one('stat') ?? '';
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const maps = all('map').map(parseMapping);
  const [brk, sigmask, registers, xstate] = ['brk', 'sigmask', 'registers', 'xstate'].map(one);
  return {
    kind,
    ip: BigInt(`0x${values[0]}`),
    sp: BigInt(`0x${values[1]}`),
    brk: brk === undefined ? undefined : BigInt(`0x${brk}`),
    startBrk: BigInt(fields[START_BRK - 3] ?? ''),
    auxv: parseAuxv(Buffer.from(one('auxv') ?? '', 'hex'), wordOf(maps)),
    maps,
    registers: registers === undefined ? undefined : Buffer.from(registers, 'hex'),
    xstate: xstate === undefined ? undefined : Buffer.from(xstate, 'hex'),
    sigmask: sigmask === undefined ? undefined : BigInt(`0x${sigmask}`),
    crcs: new Map(
      all('crc').map((line) => {
        const [start, crc] = line.split(' ');
        return [BigInt(`0x${start}`), Number(`0x${crc}`)];
      }),
    ),
    unreadable: new Set(all('unreadable').map((page) => BigInt(`0x${page}`))),
  };
}

/** Only a 64-bit process has its stack above 4 GiB, and each has one. */
const wordOf = (maps: readonly SeenMapping[]): 4 | 8 => (maps.some(({ end }) => end > 1n << 32n) ? 8 : 4);

function parseMapping(line: string): SeenMapping {
  const match = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) \S+ \d+ *(.*)$/.exec(line);
  if (!match) throw new Error(`no line of maps: ${line}`);
  const [, start, end, permissions = '', offset, path = ''] = match;
  return { start: BigInt(`0x${start}`), end: BigInt(`0x${end}`), permissions, offset: BigInt(`0x${offset}`), path };
}

function parseAuxv(bytes: Buffer, word: 4 | 8): Map<number, bigint> {
  const at = (offset: number): bigint =>
    word === 8 ? bytes.readBigUInt64LE(offset) : BigInt(bytes.readUInt32LE(offset));
  const pairs = new Map<number, bigint>();
  for (let offset = 0; offset + 2 * word <= bytes.length; offset += 2 * word) {
    const type = Number(at(offset));
    if (type === 0) break;
    pairs.set(type, at(offset + word));
  }
  return pairs;
}

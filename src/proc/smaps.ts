import { ElfreezeError } from '../base/errors.ts';
import { parseMapsLine } from './maps.ts';
import type { MapsLine } from './maps.ts';

/** A line of maps and what smaps adds to it. */
export interface SmapsEntry extends MapsLine {
  /** Bytes in memory. */
  readonly rss: bigint;
  /** Bytes in memory that belong to no file. */
  readonly anonymous: bigint;
  /** Bytes swapped out. */
  readonly swap: bigint;
  /** Of pkey_mprotect(2); 0 is every other mapping's. */
  readonly protectionKey: number;
  /** Two letters each; empty where the kernel prints none. */
  readonly vmFlags: readonly string[];
}

const SIZES = [
  ['Rss:', 'rss'],
  ['Anonymous:', 'anonymous'],
  ['Swap:', 'swap'],
] as const;
const CAPITAL_A = 0x41;
const CAPITAL_Z = 0x5a;

/**
 * Entries of /proc/PID/smaps by their start address, in the kernel's order. A size that the kernel does not print
 * (Swap without CONFIG_SWAP, on old kernels) is 0.
 * @throws PROC_UNPARSABLE quoting the line
 * @source proc_pid_smaps(5)
 */
export function parseSmaps(text: string): Map<bigint, SmapsEntry> {
  const entries = new Map<bigint, SmapsEntry>();
  let entry: { -readonly [Name in keyof SmapsEntry]: SmapsEntry[Name] } | undefined;
  // Twenty-odd lines per mapping, four of them wanted: a line is cut out of the text only when it is one of those.
  for (let at = 0, next = 0; at < text.length; at = next) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    next = end + 1;
    // Addresses are in lower-case hex, and every other line begins with a capital.
    if (text.charCodeAt(at) > CAPITAL_Z || text.charCodeAt(at) < CAPITAL_A) {
      entry = {
        ...parseMapsLine(text.slice(at, end)),
        rss: 0n,
        anonymous: 0n,
        swap: 0n,
        protectionKey: 0,
        vmFlags: [],
      };
      entries.set(entry.start, entry);
    } else if (!entry) {
      throw unparsable(text.slice(at, end));
    } else if (text.startsWith('VmFlags:', at)) {
      entry.vmFlags = text.slice(at, end).split(' ').slice(1).filter(Boolean);
    } else if (text.startsWith('ProtectionKey:', at)) {
      entry.protectionKey = decimal(text.slice(at, end));
    } else {
      for (const [label, name] of SIZES) {
        if (text.startsWith(label, at)) entry[name] = kibibytes(text.slice(at, end));
      }
    }
  }
  return entries;
}

function kibibytes(line: string): bigint {
  const match = /^\w+: *(\d+) kB$/.exec(line);
  if (!match) throw unparsable(line);
  return BigInt(match[1]!) * 1024n;
}

function decimal(line: string): number {
  const match = /^\w+: *(\d+)$/.exec(line);
  if (!match) throw unparsable(line);
  return Number(match[1]);
}

const unparsable = (line: string) => new ElfreezeError('PROC_UNPARSABLE', `/proc/PID/smaps says "${line}"`);

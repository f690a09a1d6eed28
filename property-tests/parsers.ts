import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ElfreezeError } from '../src/base/errors.ts';
import { describeMappings } from '../src/elf/loaded.ts';
import { bufferAccess, readDynamic, readElf, readNotes, readSymbols } from '../src/elf/read.ts';
import { readImageFile } from '../src/image/read.ts';
import { sampleImage } from '../src/image/testdata/sample-image.ts';
import { parseKernel } from '../src/predict/kernel.ts';
import { predict } from '../src/predict/predict.ts';
import { parseAuxv } from '../src/proc/auxv.ts';
import { parseStrings } from '../src/proc/environ.ts';
import { parseEpoll, parseEventfd, parseSignalfd, parseTimerfd } from '../src/proc/fdinfo-kinds.ts';
import { parseFdinfo } from '../src/proc/fdinfo.ts';
import { parseInetDiag } from '../src/proc/inet-diag.ts';
import { parseLock } from '../src/proc/locks.ts';
import { parseMaps } from '../src/proc/maps.ts';
import { parseMountDevices } from '../src/proc/mountinfo.ts';
import { populatedPages } from '../src/proc/pagemap.ts';
import { parseSmaps } from '../src/proc/smaps.ts';
import { parseStat } from '../src/proc/stat.ts';
import { parseStatus } from '../src/proc/status.ts';
import { parseTimers } from '../src/proc/timers.ts';
import { recorded } from '../src/proc/testdata/recorded.ts';
import { parseUnixDiag } from '../src/proc/unix-diag.ts';

/** What comes of it: a value, or an error with a code of ours. @throws anything else */
export function attempt(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    if (error instanceof ElfreezeError && error.code !== 'INTERNAL') return error;
    throw error;
  }
}

/** Something that reads what others wrote. */
export interface Parser {
  /** What it reads without complaint. */
  readonly samples: readonly Buffer[];
  readonly parse: (bytes: Buffer) => unknown;
}

const odd = (name: string): Buffer => Buffer.from(recorded(`odd.${name}`));
const program = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../src/elf/testdata/${name}`, import.meta.url)));
const text = (samples: readonly Buffer[], parse: (text: string) => unknown): Parser => ({
  samples,
  parse: (bytes) => parse(bytes.toString('latin1')),
});
/** A kind of descriptor by the lines that only it has. */
const kind = (lines: string, parse: (extra: readonly string[]) => unknown): Parser =>
  text([Buffer.from(lines)], (all) => parse(all.split('\n')));

const PROGRAMS = ['small-exec.elf32', 'small-pie.elf64'].map(program);
const KERNELS = ['5.10', '6.1.100', '6.12', '7.3', '6.1-i386'].map(parseKernel);

function readEverything(bytes: Buffer): unknown {
  const file = bufferAccess(bytes);
  const elf = readElf(file);
  const tables = elf.sections.filter(({ type }) => type === 2 || type === 11);
  const line = { path: '/x', perms: 'r-xp', start: 0x40_0000n, end: 0x40_1000n, offset: 0n, inode: 1n };
  describeMappings([line], new Map([['/x', elf]]));
  return [elf, readNotes(file, elf), readDynamic(file, elf), ...tables.map((table) => readSymbols(file, elf, table))];
}

/** The address of a socket, its peer's inode, how much waits in it, and what is shut down, each as an attribute. */
function unixDiagAnswer(): Buffer {
  const attribute = (type: number, bytes: number): Buffer => {
    const buffer = Buffer.alloc(4 + bytes, 1);
    buffer.writeUInt16LE(4 + bytes, 0);
    buffer.writeUInt16LE(type, 2);
    return buffer;
  };
  const answer = Buffer.concat([Buffer.alloc(32), attribute(1, 8), attribute(2, 4), attribute(4, 8), attribute(6, 4)]);
  answer.writeUInt32LE(answer.length, 0);
  return answer;
}

/** Two UDP sockets, each with what it has shut down, and the end of the table. */
function inetDiagAnswer(): Buffer {
  const message = Buffer.alloc(16 + 72 + 8, 1);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(20, 4);
  message.writeUInt16LE(5, 88);
  message.writeUInt16LE(8, 90);
  const done = Buffer.alloc(20);
  done.writeUInt32LE(done.length, 0);
  done.writeUInt16LE(3, 4);
  return Buffer.concat([message, message, done]);
}

/** Of each file of src/proc by its name. */
export const PROC_PARSERS: Readonly<Record<string, Parser>> = {
  auxv: { samples: [odd('auxv')], parse: (bytes) => [parseAuxv(bytes, 8), parseAuxv(bytes, 4)] },
  environ: { samples: [odd('environ')], parse: parseStrings },
  fdinfo: text([odd('fdinfo-file'), odd('fdinfo-eventfd')], parseFdinfo),
  'fdinfo-kinds': kind(
    'eventfd-count: 2a\neventfd-semaphore: 1\nsigmask:\t0000000000000201\nclockid: 1\nticks: 0\nsettime flags: 01\n' +
      'it_value: (0, 49406829)\nit_interval: (1, 0)\ntfd:        5 events:       1d data: ffffffffffffffff  pos:0 ino:61af sdev:7\n',
    (lines) => [
      parseEventfd(lines),
      parseSignalfd(lines),
      parseTimerfd(lines),
      parseEpoll(lines.filter((line) => line.startsWith('tfd'))),
    ],
  ),
  'inet-diag': { samples: [inetDiagAnswer()], parse: parseInetDiag },
  locks: text([Buffer.from('1: POSIX  ADVISORY  WRITE 29238 fe:00:2148192 10 14')], parseLock),
  maps: text([odd('maps')], parseMaps),
  mountinfo: text([Buffer.from('22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n')], parseMountDevices),
  pagemap: {
    samples: [odd('pagemap')],
    parse: (bytes) => populatedPages(bytes, 0x1000n),
  },
  smaps: text([odd('smaps')], parseSmaps),
  stat: text([odd('stat')], parseStat),
  status: text([odd('status')], parseStatus),
  timers: text(
    [Buffer.from('ID: 7\nsignal: 34/00007fff86e452a8\nnotify: signal/tid.4243\nClockID: -6\n')],
    parseTimers,
  ),
  'unix-diag': { samples: [unixDiagAnswer()], parse: parseUnixDiag },
};

/** Of files that anybody may have written. */
export const FILE_PARSERS: Readonly<Record<string, Parser>> = {
  'an ELF file': { samples: PROGRAMS, parse: readEverything },
  'what kernels do with it': {
    samples: PROGRAMS,
    parse: (bytes) =>
      predict(bufferAccess(bytes), {
        kernel: KERNELS[bytes.length % KERNELS.length]!,
        openInterpreter: () => bufferAccess(bytes),
      }),
  },
  'an image': { samples: [sampleImage()], parse: (bytes) => readImageFile('x.elf', bufferAccess(bytes)) },
  'the release of a kernel': text([Buffer.from('6.18.44-fc-v669'), Buffer.from('6.1-i386')], parseKernel),
};

import { withCapture } from './capture/capture.ts';
import { warnOfElsewhere } from './capture/elsewhere.ts';
import { readOriginalProgram } from './capture/memory/original.ts';
import { layOutImage } from './plan/image/file-layout.ts';
import { planImage } from './plan/plan.ts';
import { describeImage } from './snapshot/description.ts';
import { checkOutput, writeImageFile } from './sys/image-file.ts';
import { rehearse } from './sys/rehearse.ts';
import type { Snapshot } from './snapshot/snapshot.ts';

export interface FreezeOptions {
  /** Where the image goes; by default `NAME.PID.elf` in the current directory. */
  readonly output?: string;
  /** End the process once its image is complete, and was seen to start. */
  readonly kill?: boolean;
  /** See the image start here, as far as it goes beside the process; with `kill` that is always done. */
  readonly check?: boolean;
  /** Start in no time at any size, at a price: docs/limits.md. */
  readonly lazy?: boolean;
  /** `layout` for kernels without CONFIG_CHECKPOINT_RESTORE: the break is exact, where the heap began is not kept. */
  readonly brk?: 'prctl' | 'layout';
  /** Whether descriptors 0 to 2 are whatever the caller of the image has (default), or the process's own files reopened. */
  readonly stdio?: 'caller' | 'reopen';
  /** What becomes of TCP connections: refused (default), or the program sees them reset. */
  readonly tcp?: 'refuse' | 'close';
  /** By number, what becomes of a descriptor instead of being carried: `inherit`, `null`, `drop`, or the path of a file. */
  readonly fds?: Readonly<Record<number, string>>;
  /** What becomes of all other descriptors above 2 that lead outside the process: refused (default), or as with `fds`. */
  readonly outside?: 'refuse' | 'drop' | 'null' | 'inherit';
  /** Which working directory the image enters: the process's own, or whichever has its path then. The root directory is always the caller's. */
  readonly cwd?: 'same' | 'any';
  /** Address of a 32-bit word of the process that is 1 in the image: how a program knows that it is one. */
  readonly tell?: bigint;
}

/** Told again and again how many bytes of memory are written, and how many there are. */
export type OnProgress = (written: bigint, total: bigint) => void;

export interface Frozen {
  readonly path: string;
  readonly pid: number;
  readonly arch: string;
  readonly mappings: number;
  /** Bytes of memory in the image. */
  readonly memory: bigint;
  /** Milliseconds that the process stood still; undefined when it did not go on. */
  readonly stoodStillMs: number | undefined;
  /** How the image was seen to start; undefined where that was not asked for. */
  readonly rehearsal: Rehearsed | undefined;
  /** What may keep the image from continuing, a sentence each. */
  readonly warnings: readonly string[];
}

export interface Rehearsed {
  /** Milliseconds that it took. */
  readonly ms: number;
  /** What only the end of the process sets free, or others would notice: not tried. */
  readonly leftOut: readonly string[];
}

/** Writes an executable that continues process `pid`, which itself goes on untouched, unless it is to be killed. */
export async function freezeProcess(
  pid: number,
  options: FreezeOptions = {},
  onProgress?: OnProgress,
): Promise<Frozen> {
  const {
    kill = false,
    check = kill,
    lazy = false,
    brk = 'prctl',
    stdio = 'caller',
    tcp = 'refuse',
    fds = {},
    outside = 'refuse',
    cwd = 'same',
    tell,
  } = options;
  if (options.output !== undefined) checkOutput(options.output);

  return withCapture(
    pid,
    { kill, stdio, tcp, fds, outside },
    async ({ snapshot: captured, source, memory, files, writeOut, stoodStillMs }) => {
      const snapshot = cwd === 'any' ? withoutDirectory(captured) : captured;
      // From here nothing is asked of the process: the rest is a function of the snapshot, and its memory.
      const plan = planImage(snapshot, { lazy, brk, ...(tell === undefined ? {} : { tell }) });
      const original = readOriginalProgram(source, snapshot.exe, snapshot.mappings);
      const layout = layOutImage(
        plan,
        (stored) =>
          describeImage({ snapshot, lazy, brk, ...stored, differences: plan.differences, remains: plan.remains }),
        original,
      );
      const warnings = warnOfElsewhere(source, snapshot);
      // From here every address and file offset in the image is final.

      const path = options.output ?? `${snapshot.comm.replaceAll('/', '_')}.${pid}.elf`;
      const total = layout.pieces.reduce((sum, piece) => sum + ('size' in piece ? piece.size : 0n), 0n);
      let written = 0n;
      let rehearsal: Rehearsed | undefined;
      await writeImageFile(
        path,
        layout.pieces,
        layout.size,
        { memory, files, writeOut },
        {
          onWritten: (bytes) => {
            written += BigInt(bytes);
            onProgress?.(written, total);
          },
          beforeNamed: async (image) => {
            if (check) rehearsal = { ...(await rehearse(image)), leftOut: plan.notRehearsed };
          },
        },
      );
      const { arch, mappings } = snapshot;
      return { path, pid, arch, mappings: mappings.length, memory: total, stoodStillMs, rehearsal, warnings };
    },
  );
}

/** Its path is all that is kept of the working directory. */
const withoutDirectory = ({ cwdFile: _, ...snapshot }: Snapshot): Snapshot => snapshot;

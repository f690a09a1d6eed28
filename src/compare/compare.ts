import { ElfreezeError } from '../base/errors.ts';
import { ARCHES } from '../arch/index.ts';
import { withCapture } from '../capture/capture.ts';
import { type Image, openImage } from '../image/read.ts';
import { parseStat } from '../proc/stat.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { procHead, procText } from '../sys/procfs.ts';
import type { Difference } from './difference.ts';
import { comparableRanges, compareMemory } from './memory.ts';
import { compareNameless } from './nameless-files.ts';
import { compareSnapshots } from './snapshots.ts';
import { supervisedBy } from './supervised.ts';

/** What a comparison found. */
export interface Comparison {
  readonly same: boolean;
  readonly differences: readonly Difference[];
  readonly counts: {
    readonly mappings: number;
    /** Bytes of memory that were compared. */
    readonly memory: bigint;
    readonly registers: number;
    readonly descriptors: number;
    /** Differing stretches of memory beyond those that are listed. */
    readonly unlisted: number;
  };
}

/** Offset of EI_CLASS. */
const EI_CLASS = 4;
/** Milliseconds after which it is not waited for any more: somebody has continued it. */
const STOP_TRIES = 1000;

/**
 * Whether a process, stopped by ELFREEZE_STOP, is what an image recorded. It stays stopped, and is as it was.
 * @throws IMAGE_* when the image cannot be read or is for another architecture, and as withCapture
 */
export async function compareProcess(imagePath: string, started: number): Promise<Comparison> {
  using image = openImage(imagePath);
  const { snapshot } = image.description;
  requireArch(imagePath, started, snapshot);
  const pid = supervisedBy(started, snapshot);
  const standard = snapshot.descriptors.filter(({ fd }) => fd <= 2);
  const callers = standard.length === 0 || standard.some(({ kind }) => kind === 'stdio');
  const resets = snapshot.descriptors.some((each) => each.kind === 'inet' && each.state === 'reset');
  const options = {
    kill: false,
    uncopied: true,
    stdio: callers ? 'caller' : 'reopen',
    tcp: resets ? 'close' : 'refuse',
    fds: callersOwn(snapshot),
  } as const;
  const wasStopped = isStopped(pid);
  const comparison = await withCapture(pid, options, ({ snapshot: found, ...live }) => compareWith(image, found, live));
  if (wasStopped) await stoppedAgain(pid);
  return comparison;
}

/** What it was to have from its caller beyond the standard three, whatever that is now. */
const callersOwn = ({ descriptors }: Snapshot): Record<number, string> =>
  Object.fromEntries(
    descriptors.flatMap(({ fd, kind, description }) =>
      fd > 2 && kind === 'stdio' && description === fd ? [[fd, 'inherit']] : [],
    ),
  );

const isStopped = (pid: number): boolean => parseStat(procText(pid, 'stat')).state === 'T';

const nap = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** Once let go it goes back to its stop by itself, executing nothing, which takes it a moment. */
async function stoppedAgain(pid: number): Promise<void> {
  for (let tries = 0; tries < STOP_TRIES && !isStopped(pid); tries++) await nap();
}

function requireArch(path: string, pid: number, { arch }: Snapshot): void {
  const elfClass = procHead(pid, 'exe', EI_CLASS + 1)[EI_CLASS] === 1 ? 32 : 64;
  if (ARCHES[arch].elfClass === elfClass) return;
  throw new ElfreezeError('IMAGE_ARCH', `${path} is of a process of ${arch}, process ${pid} is of ${elfClass} bits`);
}

async function compareWith(
  { description, memory, files }: Image,
  found: Snapshot,
  live: Pick<Image, 'memory' | 'files'>,
): Promise<Comparison> {
  const { snapshot, differences: declared } = description;
  const state = compareSnapshots(snapshot, found, description);
  const bytes = await compareMemory(memory, live.memory, comparableRanges(snapshot, found), declared);
  const inFiles = await compareNameless({ snapshot, files }, { snapshot: found, files: live.files });
  const differences = [...state, ...bytes.differences, ...inFiles];
  return {
    same: differences.length === 0,
    differences,
    counts: {
      mappings: snapshot.mappings.length,
      memory: bytes.compared,
      registers: ARCHES[snapshot.arch].registers.length,
      descriptors: snapshot.descriptors.length,
      unlisted: bytes.more,
    },
  };
}

import type { Hands, Program, ProgramStart } from '../agent/hands.ts';
import type { Cell } from '../cell.ts';
import type { Arch } from '../targets/row.ts';

/** An image that is to be run, all paths as in its place. */
export interface Restart {
  readonly arch: Arch;
  readonly image: string;
  /** Where its pipes may lie. */
  readonly dir: string;
  /** The working directory of what was frozen. */
  readonly work: string;
  /** Whether files that it makes there are looked at afterwards. */
  readonly hasResults: boolean;
  readonly stdin: ProgramStart['stdin'];
  readonly env: ProgramStart['env'];
}

/**
 * Where a half of an experiment runs: targets are compiled, started and frozen in one place, images run in one, the same or
 * another: this host, containers, a virtual machine.
 */
export interface Place extends AsyncDisposable {
  readonly name: string;
  /** Its kernel's version. */
  readonly kernel: string;
  /** Why a cell cannot be built and run there. */
  lacks(cell: Cell): Promise<string | undefined>;
  /** What starts programs of this architecture, and looks at them. Asked for again it is the same. */
  hands(arch: Arch): Promise<Hands>;
  /** Runs an image in the emptiest surroundings that the place has, up to its stop before its first own instruction. */
  restart(restart: Restart): Promise<Program>;
  /** Makes a directory of its hands a directory of this host, of the same path. */
  bringHome(arch: Arch, dir: string): Promise<void>;
}

/** How an image is run: it stops before the first instruction of its own. */
export const STOPPING = { ELFREEZE_STOP: '1' } as const;
/** And under the ids that the process had. */
export const STOPPING_KEPT = { ...STOPPING, ELFREEZE_PID: 'keep' } as const;

import { ElfreezeError } from '../base/errors.ts';

/** Says what went wrong in one line and ends with its exit status; a bug of ours shows where. */
export function fail(error: unknown): void {
  if (error instanceof ElfreezeError) {
    console.error(`elfreeze: ${error.message}`);
    process.exitCode = error.exitStatus;
  } else {
    console.error('elfreeze: this is a bug in elfreeze: please report it [INTERNAL]');
    console.error(error);
    process.exitCode = 70;
  }
}

import { ElfreezeError, type ErrorCode } from '../base/errors.ts';

const WORLD: readonly ErrorCode[] = ['NOT_PERMITTED', 'READ_FAILED', 'SYSCALL_FAILED'];
const GONE: readonly ErrorCode[] = ['NO_SUCH_PROCESS', 'TARGET_ZOMBIE'];

/** Collects what could not be read: a report without it is still worth having. */
export class Unread {
  private readonly found = new Set<string>();

  /** @returns undefined where the kernel refuses, or the thing is gone meanwhile */
  try<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ElfreezeError)) throw error;
      if (WORLD.includes(error.code)) this.found.add(error.what);
      else if (!GONE.includes(error.code)) throw error;
      return undefined;
    }
  }

  get reasons(): string[] {
    return [...this.found];
  }
}

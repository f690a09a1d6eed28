import { printName } from './names.ts';

/**
 * Every way elfreeze can fail that is not its own fault. `exit` is the exit status, from sysexits(3):
 * 64 usage, 65 bad data, 66 no such input, 69 cannot be carried, 70 our fault, 71 the system refused,
 * 73 cannot create the output, 74 input/output failed, 75 try again, 77 not permitted.
 * `hint` is what to do next.
 */
export const ERRORS = {
  USAGE: { exit: 64, hint: 'see elfreeze --help' },

  ELF_INVALID: { exit: 65, hint: 'the file is not an ELF executable that this tool understands, or it is cut short' },
  ELF_FIELD_OVERFLOW: { exit: 65, hint: 'the value does not fit this ELF class' },
  PROC_UNPARSABLE: { exit: 65, hint: 'please report this, with the text and the kernel version' },
  IMAGE_INVALID: { exit: 65, hint: 'the file is not an elfreeze image, or it is damaged: freeze the process again' },
  IMAGE_TRUNCATED: {
    exit: 65,
    hint: 'the image is shorter than its headers say: copy it again, or freeze the process again',
  },
  IMAGE_SCHEMA: { exit: 65, hint: 'the image was written by another version of elfreeze: use that version' },
  IMAGE_ARCH: { exit: 65, hint: 'the image and the process are of different architectures' },

  NO_SUCH_PROCESS: { exit: 66, hint: 'check the pid; it must be visible in /proc here' },
  NO_SUCH_FILE: { exit: 66, hint: 'check the path' },

  UNSUPPORTED: { exit: 69, hint: 'docs/limits.md says what cannot be carried, and why' },
  TARGET_KERNEL_THREAD: { exit: 69, hint: 'a kernel thread has no memory of its own to freeze' },
  TARGET_SELF: { exit: 69, hint: 'elfreeze cannot freeze itself; freeze it from another process' },
  TARGET_ZOMBIE: { exit: 69, hint: 'the process has ended; only its exit status is left' },
  TARGET_TRACED: { exit: 69, hint: 'another tracer (gdb, strace, rr) holds the process; detach it first' },
  NO_GADGET: { exit: 69, hint: 'its text holds no system-call instruction that could be borrowed' },
  NO_DEAD_MEMORY: { exit: 69, hint: 'its stack has no unused room below the stack pointer; try again later' },
  NO_ROOM: { exit: 69, hint: 'the address space of the process is too full to hold the restorer' },
  RESTART_LOST: { exit: 69, hint: 'try again when the process is out of this system call' },

  REHEARSAL_FAILED: {
    exit: 69,
    hint: 'the process continues, and no image was written: mend what its image says, or freeze without --kill and --check',
  },

  INTERNAL: { exit: 70, hint: 'this is a bug in elfreeze: please report it' },

  SYSCALL_FAILED: { exit: 71, hint: 'elfreeze doctor tells what this host allows' },
  TARGET_GONE: { exit: 71, hint: 'the process ended while it was being frozen' },

  OUTPUT_EXISTS: { exit: 73, hint: 'choose another name with -o' },
  OUTPUT_SYMLINK: {
    exit: 73,
    hint: 'an image holds secrets and is never written through a symbolic link: name the real file',
  },
  OUTPUT_FAILED: { exit: 73, hint: 'nothing was written; check the directory, its permissions and the space left' },

  READ_FAILED: { exit: 74, hint: 'the memory or file could not be read' },
  TARGET_BUSY: { exit: 75, hint: 'the process did not reach a point where it can be stopped; try again' },
  TARGET_CHANGED: { exit: 75, hint: 'the process changed while it was being looked at; try again' },

  NOT_PERMITTED: {
    exit: 77,
    hint: 'needs the same user (and a dumpable process), or CAP_SYS_PTRACE; see elfreeze doctor',
  },
} as const satisfies Record<string, { exit: number; hint: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** The world failed. Its message says in one line what happened, to what, and what to do next; `what` has names as they are. */
export class ElfreezeError extends Error {
  override readonly name = 'ElfreezeError';
  readonly code: ErrorCode;
  /** What happened, without code and hint. */
  readonly what: string;
  /** What to do next. */
  readonly hint: string;

  /** @param options `hint`, where more is known than what holds for every error of this code */
  constructor(code: ErrorCode, what: string, options: ErrorOptions & { readonly hint?: string } = {}) {
    const { hint = ERRORS[code].hint } = options;
    super(printName(`${what} [${code}]: ${hint}`), options);
    this.code = code;
    this.what = what;
    this.hint = hint;
  }

  get exitStatus(): number {
    return ERRORS[this.code].exit;
  }
}

/** We are wrong: an assumption of our own does not hold. On in release builds. @throws INTERNAL */
export function invariant(condition: unknown, what: string): asserts condition {
  if (!condition) throw new ElfreezeError('INTERNAL', what);
}

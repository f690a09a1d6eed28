import { ElfreezeError } from '../base/errors.ts';
import { ProcessMemory } from '../sys/procfs.ts';

/** What a program that asked to be frozen finds in its word when its image is written. @source include/elfreeze.h */
const DONE = 2;
/** errno(3), by the exit status of errors. */
const ERRNO: Readonly<Record<number, number>> = { 69: 95, 75: 11, 77: 1 };
const EIO = 5;

/** A process, and how it wants to be told. */
interface Told {
  readonly pid: number;
  /** Of its word. */
  readonly address: bigint | undefined;
  /** Whether it ends when all goes well: then nobody is left to be told. */
  readonly ends: boolean;
}

/** Does what a program asked for, and writes into its word how that went. */
export async function telling<T>({ pid, address, ends }: Told, work: () => Promise<T>): Promise<T> {
  if (address === undefined) return work();
  // Opened first: it stays the memory of the program that asked, whatever the process executes by then.
  using memory = memoryOf(pid);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    const answer = error instanceof ElfreezeError ? -(ERRNO[error.exitStatus] ?? EIO) : -EIO;
    try {
      write(memory, address, answer);
    } catch {
      // What went wrong first is what is said.
    }
    throw error;
  }
  if (!ends) write(memory, address, DONE);
  return result;
}

function write(memory: ProcessMemory | undefined, address: bigint, answer: number): void {
  const word = Buffer.alloc(4);
  word.writeInt32LE(answer);
  memory?.write(address, word);
}

/** @returns undefined where it may not be opened, which the work says in better words */
function memoryOf(pid: number): ProcessMemory | undefined {
  try {
    return new ProcessMemory(pid, true);
  } catch {
    return undefined;
  }
}

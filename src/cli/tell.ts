import { ElfreezeError } from '../base/errors.ts';
import { ProcessMemory } from '../sys/procfs.ts';

/** What a program that asked to be frozen finds in its word when its image is written. @source include/elfreeze.h */
const DONE = 2;
/** errno(3), by the exit status of errors. */
const ERRNO: Readonly<Record<number, number>> = { 69: 95, 75: 11, 77: 1 };
const EIO = 5;

/** Does what a program asked for, and writes into its word at `address` how that went. */
export async function telling<T>(pid: number, address: bigint | undefined, work: () => Promise<T>): Promise<T> {
  if (address === undefined) return work();
  // Opened first: it stays the memory of the program that asked, whatever the process executes by then.
  using memory = memoryOf(pid);
  let answer = -EIO;
  try {
    const result = await work();
    answer = DONE;
    return result;
  } catch (error) {
    if (error instanceof ElfreezeError) answer = -(ERRNO[error.exitStatus] ?? EIO);
    throw error;
  } finally {
    const word = Buffer.alloc(4);
    word.writeInt32LE(answer);
    memory?.write(address, word);
  }
}

/** @returns undefined where it may not be opened, which the work says in better words */
function memoryOf(pid: number): ProcessMemory | undefined {
  try {
    return new ProcessMemory(pid, true);
  } catch {
    return undefined;
  }
}

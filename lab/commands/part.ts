import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { SLOT_VARIABLE } from '../container/job.ts';
import { PARTS_VARIABLE, type Part } from '../matrix/on-swarm.ts';
import { parseRun } from '../report/record.ts';

/**
 * In a container of a swarm's job: runs the part of the matrix that has the container's number, and prints what it found. Its status
 * is 0 whatever it was, as a swarm runs again what fails. The first container is not numbered but named after its node.
 */
export async function partCommand(): Promise<void> {
  const parts = JSON.parse(process.env[PARTS_VARIABLE] ?? '[]') as string[][];
  const slot = Number(process.env[SLOT_VARIABLE]);
  const args = parts[Number.isInteger(slot) ? slot : 0];
  if (args === undefined) throw new Error(`this runs in a container of a swarm's job: ${PARTS_VARIABLE} names no part`);
  const child = spawn(process.execPath, [process.argv[1]!, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject).once('close', (status, signal) => resolve(signal ?? `exit ${status}`));
  });
  const printed = (await buffer(child.stdout)).toString();
  const end = await ended;
  process.stdout.write(`${JSON.stringify(describe(printed, end))}\n`);
}

function describe(printed: string, end: string): Part {
  try {
    return { run: parseRun(printed) };
  } catch (error) {
    return { failed: `${end}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

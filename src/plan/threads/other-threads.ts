import { trimmedSize } from '../../arch/xstate.ts';
import { THREAD_ENTRY_SIZE } from '../../restorer/steps.ts';
import { type Thread, threadName } from '../../snapshot/thread.ts';
import { encodeGo, GO_MASK } from './go-code.ts';
import type { Job } from '../job/job.ts';
import type { Place } from '../job/place.ts';
import type { Capabilities } from '../process/keep-pid.ts';
import { eightBytes, type Program } from '../program/program.ts';
import { finalRegisters } from './registers.ts';
import { restorePrctls } from '../process/state-steps.ts';
import { restoreRseq, restoreThread } from './thread-steps.ts';

/** Alignment of the XSAVE area. @source Intel SDM vol. 1, 13.4 */
const XSAVE_ALIGNMENT = 64;
const SS_ONSTACK = 1;

/** What the last step of the first thread must know of the others: [gate, table, how many]. */
export type OtherThreads = readonly [gate: bigint, table: bigint, count: bigint];

/** Starts the threads other than the first, one after the other. Each ends up waiting at the gate, in memory that stays. */
export function startThreads(
  program: Program,
  job: Job,
  place: Place,
  capabilities: Capabilities,
): OtherThreads | undefined {
  const { arch, snapshot, others } = job;
  if (others.length === 0) return undefined;
  const registers = others.map((thread) => {
    const final = finalRegisters(arch, snapshot, thread);
    return program.putWords(...arch.registers.map((name) => final[name] ?? 0n));
  });
  const table = program.put(Buffer.concat(registers.flatMap((address) => [0n, address, 0n].map(eightBytes))));
  others.forEach((thread, i) => {
    const entry = table + BigInt(i * THREAD_ENTRY_SIZE);
    program.thread(
      [place.threadStack, place.gate, entry, BigInt(thread.ownTid)],
      `cannot start thread ${thread.tid} (${threadName(thread)})`,
      () => {
        restoreOther(program, job, thread, { registers: registers[i] ?? 0n, capabilities });
        program.do('park', [registers[i] ?? 0n, place.go[i] ?? 0n, place.gate], `thread ${thread.tid} is ready`);
      },
    );
  });
  return [place.gate, table, BigInt(others.length)];
}

/** Its registers and mask come last of all; what of them rt_sigreturn puts back for the first thread, the others do step by step. */
function restoreOther(
  program: Program,
  job: Job,
  thread: Thread,
  { registers, capabilities }: { readonly registers: bigint; readonly capabilities: Capabilities },
): void {
  const { registers: names, wordSize } = program.arch;
  const whose = ` of thread ${thread.tid} (${threadName(thread)})`;
  const registerAt = (name: string): bigint => registers + BigInt(names.indexOf(name) * wordSize);
  restoreThread(program, job, thread, { whose, capabilities, forProcess: [], registerAt });
  restorePrctls(program, thread.prctls, whose);
  const { sp, flags, size } = thread.altstack;
  const altstack = program.putWords(sp, BigInt(flags & ~SS_ONSTACK), size);
  program.call('sigaltstack', [altstack, 0n], `set the alternate signal stack${whose}`);
  if (thread.rseq) restoreRseq(program, thread.rseq, whose);
  const xstate = thread.xstate.subarray(0, trimmedSize(thread.xstate));
  program.do('xstate', [program.put(xstate, XSAVE_ALIGNMENT)], `load the vector registers${whose}`);
}

/** Where the code of each thread's last instructions is, from `start` on, and where it ends. */
export function placeGo({ arch, snapshot, others }: Pick<Job, 'arch' | 'snapshot' | 'others'>, start: bigint) {
  let end = start;
  const go = others.map((thread) => {
    const address = ((end + 7n) & -8n) + GO_MASK;
    const size = encodeGo(arch, finalRegisters(arch, snapshot, thread), thread.sigmask, address).length;
    end = address - GO_MASK + BigInt(size);
    return address;
  });
  return { go, end };
}

/** The mask and code of each thread, with their addresses. */
export const goParts = ({ arch, snapshot, others }: Job, { go }: Place): { address: bigint; bytes: Uint8Array }[] =>
  others.map((thread, i) => {
    const address = go[i] ?? 0n;
    const bytes = encodeGo(arch, finalRegisters(arch, snapshot, thread), thread.sigmask, address);
    return { address: address - GO_MASK, bytes };
  });

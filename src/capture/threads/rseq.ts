import type { Rseq } from '../../snapshot/thread.ts';
import type { ProcessMemory } from '../../sys/procfs.ts';

/** struct ptrace_rseq_configuration. @returns undefined when nothing is registered. @source include/uapi/linux/ptrace.h */
export function parseRseq(bytes: Uint8Array | undefined): Rseq | undefined {
  if (!bytes) return undefined;
  const view = new DataView(bytes.buffer);
  const address = view.getBigUint64(0, true);
  return address === 0n ? undefined : { address, size: view.getUint32(8, true), signature: view.getUint32(12, true) };
}

/** Offset of rseq_cs in struct rseq. */
const RSEQ_CS = 8n;

/**
 * Where the kernel sends a thread that was stopped inside a restartable sequence when it goes on: the sequence is
 * aborted, because being stopped is being preempted. @returns undefined when it is in none.
 * @source kernel/rseq.c rseq_ip_fixup; include/uapi/linux/rseq.h
 */
export function abortAddress(memory: ProcessMemory, rseq: Rseq, ip: bigint): bigint | undefined {
  const sequence = memory.readNow(rseq.address + RSEQ_CS, 8).readBigUInt64LE(0);
  if (sequence === 0n) return undefined;
  const bytes = memory.readNow(sequence, 32); // u32 version, flags; u64 start_ip, post_commit_offset, abort_ip
  const start = bytes.readBigUInt64LE(8);
  const inside = ip >= start && ip - start < bytes.readBigUInt64LE(16);
  return inside ? bytes.readBigUInt64LE(24) : undefined;
}

import type { Rseq } from '../snapshot/snapshot.ts';

/** struct ptrace_rseq_configuration. @returns undefined when nothing is registered. @source include/uapi/linux/ptrace.h */
export function parseRseq(bytes: Uint8Array | undefined): Rseq | undefined {
  if (!bytes) return undefined;
  const view = new DataView(bytes.buffer);
  const address = view.getBigUint64(0, true);
  return address === 0n ? undefined : { address, size: view.getUint32(8, true), signature: view.getUint32(12, true) };
}

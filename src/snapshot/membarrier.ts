/**
 * What a process has to register for before membarrier(2) makes it. `use` tells by EPERM that it has not.
 * @source membarrier(2), include/uapi/linux/membarrier.h
 */
export interface MembarrierRow {
  readonly name: string;
  readonly register: bigint;
  readonly use?: bigint;
}

export const MEMBARRIERS: readonly MembarrierRow[] = [
  { name: 'MEMBARRIER_CMD_GLOBAL_EXPEDITED', register: 1n << 2n }, // anybody may use it; who registers is reached by it
  { name: 'MEMBARRIER_CMD_PRIVATE_EXPEDITED', register: 1n << 4n, use: 1n << 3n },
  { name: 'MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE', register: 1n << 6n, use: 1n << 5n },
  { name: 'MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ', register: 1n << 8n, use: 1n << 7n },
];

/** Tells the bits of all `register` commands that were given. @since Linux 6.3 */
export const MEMBARRIER_CMD_GET_REGISTRATIONS = 1n << 9n;

/** A queued signal: siginfo_t in the 64-bit layout, 128 bytes. */
export interface Siginfo {
  readonly signo: number;
  readonly bytes: Uint8Array;
}

/** The kernel's struct sigaction. */
export interface SignalAction {
  readonly signo: number;
  readonly handler: bigint;
  readonly flags: bigint;
  readonly restorer: bigint;
  readonly mask: bigint;
}

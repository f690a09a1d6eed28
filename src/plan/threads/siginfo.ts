/** Offset of the union in siginfo_t: after three ints, aligned to a word. */
const UNION = { 64: 16, 32: 12 } as const;
const SI_USER = 0;
const SIGCHLD = 17;
const FAULTS = [4, 5, 7, 8, 11];
const SIGPOLL = 29;

/**
 * A siginfo_t in the i386 layout from one in the 64-bit layout. @source include/uapi/asm-generic/siginfo.h,
 * kernel/signal.c copy_siginfo_to_external32
 */
export function siginfo32(bytes: Uint8Array): Uint8Array {
  const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const out = new Uint8Array(128);
  const to = new DataView(out.buffer);
  out.set(bytes.subarray(0, 12)); // signo, errno, code
  const signo = from.getInt32(0, true);
  const code = from.getInt32(8, true);
  const word = (target: number, source: number): void =>
    to.setUint32(UNION[32] + target, from.getUint32(UNION[64] + source, true), true);

  if (code > SI_USER && FAULTS.includes(signo)) {
    word(0, 0); // si_addr
  } else if (code > SI_USER && signo === SIGPOLL) {
    word(0, 0); // si_band
    word(4, 8); // si_fd
  } else {
    word(0, 0); // si_pid, or si_tid of a timer
    word(4, 4); // si_uid, or si_overrun
    word(8, 8); // si_value, or si_status
    if (code > SI_USER && signo === SIGCHLD) {
      word(12, 16); // si_utime, a word that is 8 bytes wide there
      word(16, 24); // si_stime
    }
  }
  return out;
}

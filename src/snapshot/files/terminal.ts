/** The controlling terminal of a process in its foreground. */
export interface Terminal {
  /** The lowest descriptor that leads to it. */
  readonly fd: number;
  /** struct termios2, 44 bytes. */
  readonly settings: Uint8Array;
}

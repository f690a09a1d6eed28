import { RELATION } from '../../restorer/steps.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Program } from '../program/program.ts';
import { unlessRehearsed } from '../program/rehearsal.ts';
import type { Terminal } from '../../snapshot/files/terminal.ts';

/** @source include/uapi/asm-generic/ioctls.h */
const TIOCGPGRP = 0x540fn;
const TCSETS2 = 0x402c_542bn;
/** No process group's id, byte by byte. */
const NOBODY = 0xff;

/**
 * Sets the caller's terminal as the process had set its own: from the foreground only, where a shell lets a program do so
 * and puts its own settings back afterwards.
 */
export function restoreTerminalSettings(program: Program, { terminal }: Snapshot): void {
  if (terminal) unlessRehearsed(program, 'set the terminal', () => set(program, terminal));
}

function set(program: Program, terminal: Terminal): void {
  const fd = BigInt(terminal.fd);
  const foreground = program.put(new Uint8Array(4).fill(NOBODY));
  const own = program.slot();
  program.attempt('ioctl', [fd, TIOCGPGRP, foreground], 'look who is in the foreground of the terminal');
  program.call('getpgid', [0n], 'look whether that is this process', { keep: own });
  program.do('check', [foreground, 4n, BigInt(RELATION.eq), own], '', 1);
  program.jump(1);
  program.attempt('ioctl', [fd, TCSETS2, program.put(terminal.settings)], 'set the terminal as the process had');
  program.releaseSlot();
}

import { ARCHES } from '../arch/index.ts';
import { isInterruptedCall } from '../arch/settle.ts';
import { describeKind } from '../snapshot/files/descriptor-words.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import {
  CLOCK,
  flagNames,
  ITIMER,
  nameOf as nameIn,
  openFlagNames,
  SA,
  signalName,
  signalNames,
  syscallName,
} from './names.ts';
import type { AddressName } from './report.ts';
import type { ReportedDescriptor, ReportedSignals, ReportedThread, ReportedTimer } from './shape.ts';
import type { Descriptor } from '../snapshot/files/descriptors.ts';
import { type Thread, threadName } from '../snapshot/thread.ts';

/** Threads, signals, timers and descriptors as a snapshot has them. */

const SIG_DFL = 0n;
const SIG_IGN = 1n;
const SS_DISABLE = 2;

export function reportThread(snapshot: Snapshot, thread: Thread, nameOf: AddressName): ReportedThread {
  const arch = ARCHES[snapshot.arch];
  const { registers, altstack, lostSyscall } = thread;
  const ip = registers[arch.ip] ?? 0n;
  const number = lostSyscall ?? Number(BigInt.asIntN(32, registers[arch.origAx] ?? -1n));
  return {
    tid: thread.tid,
    comm: threadName(thread),
    ip,
    at: nameOf(ip),
    sp: registers[arch.sp] ?? 0n,
    ...(isInterruptedCall(arch, registers) ? { call: syscallName(arch.syscalls, arch.wordSize, number) } : {}),
    blocked: signalNames(thread.sigmask),
    pending: thread.pending.map(({ signo }) => signalName(signo)),
    registers,
    ...(altstack.flags & SS_DISABLE ? {} : { altstack: { sp: altstack.sp, size: altstack.size } }),
  };
}

export function reportSignals({ actions, pending }: Snapshot, nameOf: AddressName): ReportedSignals {
  return {
    pending: pending.map(({ signo }) => signalName(signo)),
    ignored: actions.filter(({ handler }) => handler === SIG_IGN).map(({ signo }) => signalName(signo)),
    handled: actions
      .filter(({ handler }) => handler !== SIG_DFL && handler !== SIG_IGN)
      .map(({ signo, handler, flags }) => ({
        signal: signalName(signo),
        handler,
        at: nameOf(handler),
        flags: flagNames(SA, flags),
      })),
  };
}

export const reportTimers = ({ itimers, posixTimers }: Snapshot): ReportedTimer[] => [
  ...itimers
    .filter(({ valueUs }) => valueUs > 0n)
    .map(({ which, valueUs, intervalUs }) => ({ name: nameIn(ITIMER, BigInt(which)), valueUs, intervalUs })),
  ...posixTimers.map(({ id, clock, valueNs, intervalNs }) => ({
    name: `POSIX timer ${id}`,
    notify: nameIn(CLOCK, BigInt(clock)),
    valueUs: valueNs / 1000n,
    intervalUs: intervalNs / 1000n,
  })),
];

export function reportDescriptor(descriptor: Descriptor): ReportedDescriptor {
  const { fd, kind, flags, cloexec, position, description } = descriptor;
  return {
    fd,
    kind,
    target: targetOf(descriptor),
    flags: openFlagNames(BigInt(flags)),
    cloexec,
    position,
    ...(description === fd ? {} : { sharesWith: description }),
  };
}

function targetOf(descriptor: Descriptor): string {
  if (descriptor.kind === 'stdio') return "whatever the image's caller has";
  if (descriptor.kind === 'pipe') return `pipe:[${descriptor.inode}], ${descriptor.end} end`;
  if (descriptor.kind === 'nameless')
    return descriptor.file === 'memfd' ? `memfd ${descriptor.name}` : `${descriptor.name} (deleted)`;
  return 'path' in descriptor ? descriptor.path : describeKind(descriptor);
}

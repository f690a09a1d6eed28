import { hex } from '../base/range.ts';
import { ARCHES, type Arch } from '../arch/index.ts';
import { finalRegisters } from '../plan/registers.ts';
import type { Rseq, Snapshot, Thread } from '../snapshot/snapshot.ts';
import { ABSENT, type Difference, differ, differInFields } from './difference.ts';
import { compareXstate } from './xstate.ts';

/** Size of the area as kernels register it that do not know a larger one. */
const FIRST_RSEQ_SIZE = 32;

/** Registers and what else belongs to the thread. */
export function compareThread(recorded: Snapshot, found: Snapshot): Difference[] {
  const [was] = recorded.threads;
  const [is] = found.threads;
  if (!was || !is) return differ('threads', '', String(recorded.threads.length), String(found.threads.length));
  return [
    ...compareRegisters(ARCHES[recorded.arch], recorded, was, is),
    ...compareXstate(was.xstate, is.xstate),
    ...differ('signal mask', '', hex(was.sigmask), hex(is.sigmask)),
    ...differInFields('alternate signal stack', '', was.altstack, is.altstack, { sp: hex, flags: hex, size: hex }),
    ...compareTls(was, is),
    ...differInFields('robust futex list', '', was.robustList, is.robustList, { head: hex, length: hex }),
    ...compareRseq(was.rseq, is.rseq),
    ...differ('address of the thread id', '', hex(was.clearChildTid), hex(is.clearChildTid)),
  ];
}

/** An interrupted system call begins anew, as the image does it. */
function compareRegisters(arch: Arch, recorded: Snapshot, was: Thread, is: Thread): Difference[] {
  const expected = finalRegisters(arch, recorded, was);
  const text = (value: bigint | undefined): string =>
    value === undefined ? ABSENT : hex(BigInt.asUintN(arch.wordSize * 8, value));
  return arch.registers.flatMap((name) => differ('register', name, text(expected[name]), text(is.registers[name])));
}

function compareTls(was: Thread, is: Thread): Difference[] {
  const entries = [...new Set([...was.tls, ...is.tls].map(({ entry }) => entry))];
  const text = ({ tls }: Thread, entry: number): string => {
    const found = tls.find((each) => each.entry === entry);
    return found ? `base ${hex(found.base)} limit ${hex(found.limit)} flags ${hex(found.flags)}` : ABSENT;
  };
  return entries.flatMap((entry) => differ('TLS descriptor', String(entry), text(was, entry), text(is, entry)));
}

function compareRseq(was: Rseq | undefined, is: Rseq | undefined): Difference[] {
  const text = (rseq: Rseq | undefined, size: number | undefined): string =>
    rseq ? `${hex(rseq.address)}, ${size} bytes, signature ${hex(rseq.signature)}` : ABSENT;
  const size = is?.size === FIRST_RSEQ_SIZE ? FIRST_RSEQ_SIZE : was?.size;
  return differ('restartable sequence area', '', text(was, size), text(is, is?.size));
}

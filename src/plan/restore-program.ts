import { PAGE, pageCeil, sizeOf } from '../base/range.ts';
import { fieldOffset } from '../arch/frame.ts';
import { RESTORER } from '../restorer/restorer.generated.ts';
import { HEADERS_ROOM } from '../restorer/sums.ts';
import { encodeProgram, PRESET_SLOT, SEAL } from '../restorer/steps.ts';
import type { Mapping } from '../snapshot/memory.ts';
import { removeCeiling, setBreak } from './layout/brk-layout.ts';
import type { Carrier } from './memory/carriers.ts';
import { executeAgain } from './process/execute-again.ts';
import { finishDescriptors, restoreDescriptors } from './descriptors/restore.ts';
import type { Job } from './job/job.ts';
import type { Place } from './job/place.ts';
import { keepPid } from './process/keep-pid.ts';
import { nameMemory } from './memory/memory-names.ts';
import { copyFromPack, restoreMapping, sealMemory } from './memory/memory-steps.ts';
import { finishNamelessFiles } from './files/nameless-files.ts';
import { startThreads } from './threads/other-threads.ts';
import { restorePosixTimers } from './threads/posix-timer-steps.ts';
import { Program } from './program/program.ts';
import { findSharedObjects, makeSharedObject } from './memory/shared-objects.ts';
import * as state from './process/state-steps.ts';
import { attachSegments } from './memory/sysv-memory.ts';
import { restoreTerminalSettings } from './descriptors/terminal-steps.ts';
import { restoreRseq, restoreThread } from './threads/thread-steps.ts';
import { forwardVdso, moveLiveVdso } from './memory/vdso-steps.ts';

/** What a program that asked to be frozen finds in its word. @source include/elfreeze.h */
const IS_IMAGE = 1n;

/** The restore program, in the order in which it runs. */
export function writeProgram(job: Job, place: Place): Program {
  const { arch, snapshot, thread } = job;
  const program = new Program(arch, place.slots);
  executeAgain(program, job);
  state.checkCpu(program, snapshot);
  state.blockSignals(program);
  const stops = program.slotAddress({ slot: PRESET_SLOT.stops });
  if (snapshot.stopped) program.do('store', [stops, 8n, 1n], 'stop as job control had stopped it');
  const capabilities = keepPid(program, thread);
  // From here it is the process that will go on.

  state.liftLimits(program, snapshot);
  state.restoreOomScore(program, snapshot);
  restoreDescriptors(program, snapshot, place.fileParts);
  // From here nothing can be missing in the world around: what follows concerns only this process.

  moveLiveVdso(program, place.liveVdso);
  for (const { start, end } of job.stackZones) {
    const size = (end < arch.userEnd ? end : arch.userEnd) - start;
    program.attempt('munmap', [start, size], 'remove the stack that execve made');
  }
  // Before any stack is there: whoever reads /proc/PID/cmdline meanwhile would make it grow down to the arguments of execve.
  if (job.brk === 'layout') setBreak(program, snapshot);
  else state.restoreLayout(program, snapshot);
  restoreMemory(program, job, place);
  if (job.brk === 'layout') removeCeiling(program, snapshot);
  // From here memory is as it was.

  state.restoreProcess(program, snapshot);
  // The other threads inherit what their creator is so far: none of what only this thread is.
  const others = startThreads(program, job, place, capabilities);
  restoreThread(program, job, thread, {
    whose: '',
    capabilities,
    forProcess: snapshot.pending,
    registerAt: (name) => place.frame + BigInt(fieldOffset(arch, name)),
  });
  state.restoreTimers(program, snapshot);
  restorePosixTimers(program, snapshot, others);
  finishDescriptors(program, snapshot);
  restoreTerminalSettings(program, snapshot);
  state.restorePrctls(program, [...thread.prctls, ...snapshot.prctls]);
  state.unmergeVdso(program, snapshot);
  if (thread.rseq) restoreRseq(program, thread.rseq, '');
  if (job.tell !== undefined) program.do('store', [job.tell, 4n, IS_IMAGE], 'tell the program that it is an image');
  sealMemory(program, snapshot.mappings);
  state.restoreLimits(program, snapshot);
  const { workshop } = place;
  const last = [place.frame + arch.frame.spBias, workshop.start, sizeOf(workshop)];
  program.do('finish', [...last, ...(others ?? [])], 'continue the process');
  return program;
}

function restoreMemory(program: Program, { snapshot, carriers, lazy }: Job, place: Place): void {
  const carriersOf = new Map<Mapping, Carrier[]>();
  for (const carrier of carriers) {
    const own = carriersOf.get(carrier.mapping);
    if (own) own.push(carrier);
    else carriersOf.set(carrier.mapping, [carrier]);
  }
  const objects = findSharedObjects(snapshot.mappings);
  const parts = objects.flatMap((object, i) => makeSharedObject(program, object, place.sharedObjects[i]?.start ?? 0n));
  const context = { ...place, snapshot, carriersOf, lazy, sharedObjects: new Map(parts) };
  attachSegments(program, snapshot.mappings, (mapping) => {
    for (const carrier of carriersOf.get(mapping) ?? []) copyFromPack(program, carrier, context);
  });
  for (const mapping of snapshot.mappings) restoreMapping(program, mapping, context);
  nameMemory(program, snapshot.mappings);
  finishNamelessFiles(program, snapshot);
  for (const { start, end } of place.sharedObjects)
    program.call('munmap', [start, end - start], 'forget the whole object');
  const vdso = snapshot.mappings.find(({ kind }) => kind === 'vdso');
  if (vdso) forwardVdso(program, vdso, snapshot);
  program.call('munmap', [place.sums.start, sizeOf(place.sums)], 'remove the headers and checksums');
  if (place.pack) program.call('munmap', [place.pack.start, sizeOf(place.pack)], 'remove what was kept in the pack');
}

/** A restore program with the bytes that it and its data have at a place. */
export interface WrittenProgram {
  readonly place: Place;
  readonly program: Program;
  readonly data: Uint8Array;
  readonly code: Uint8Array;
  readonly codeBase: bigint;
  readonly encoded: Uint8Array;
  readonly programBase: bigint;
  /** Bytes that data, code and program take, with a page to spare: elsewhere an address in a sentence may have a digit more. */
  readonly room: bigint;
}

export function encodeAt(job: Job, place: Place): WrittenProgram {
  const program = writeProgram(job, place);
  const data = program.data();
  const code = Buffer.from(RESTORER[job.arch.name].code, 'base64');
  const codeBase = place.slots + pageCeil(BigInt(data.length));
  const programBase = codeBase + pageCeil(BigInt(code.length));
  const encoded = encodeProgram(program.steps, {
    base: programBase,
    slots: place.slots,
    stackTop: place.slots,
    tail: place.remains.start,
    seal: place.seal + PAGE - BigInt(SEAL.length),
    sums: place.sums.start + HEADERS_ROOM,
  });
  const room = programBase + pageCeil(BigInt(encoded.length)) + PAGE - place.slots;
  return { place, program, data, code, codeBase, encoded, programBase, room };
}

import { CALLS } from './calls.ts';
import { DESCRIPTOR_FLAGS, DESCRIPTORS, FDINFO } from './descriptors.ts';
import { FILES } from './files.ts';
import { MEMORY, MEMORY_STATES, VM_FLAGS } from './memory.ts';
import { PRCTL } from './prctl.ts';
import { PROC_FILES, STATUS_FIELDS } from './proc.ts';
import { FACILITIES, PROCESS, PROCESS_STATES, SIGNALS_AND_TIME } from './process.ts';
import type { Area } from './row.ts';
import { IP, SOCKET_LEVEL, SOCKET_STATES, TRANSPORT } from './sockets.ts';

/** All that a process can have, as far as a system call can set it and another observe it. */
export const AREAS: readonly Area[] = [
  PROCESS_STATES,
  PROCESS,
  PRCTL,
  MEMORY_STATES,
  MEMORY,
  VM_FLAGS,
  SIGNALS_AND_TIME,
  FACILITIES,
  DESCRIPTORS,
  FDINFO,
  FILES,
  DESCRIPTOR_FLAGS,
  SOCKET_STATES,
  SOCKET_LEVEL,
  IP,
  TRANSPORT,
  PROC_FILES,
  STATUS_FIELDS,
  CALLS,
];

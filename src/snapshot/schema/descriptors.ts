import * as z from 'zod';
import { bytes, count, word } from './fields.ts';

const named = { path: z.string(), dev: word, inode: word, size: word, mode: count };

const socket = {
  inode: word,
  type: count,
  local: bytes,
  remote: bytes,
  backlog: count,
  shutdown: count,
  options: z.array(z.object({ name: z.string(), value: bytes })),
};

export const namelessKind = z.enum(['memfd', 'deleted']);

const kind = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stdio') }),
  z.object({ kind: z.literal('file'), ...named }),
  z.object({ kind: z.literal('directory'), ...named }),
  z.object({
    kind: z.literal('nameless'),
    file: namelessKind,
    name: z.string(),
    dev: z.string(),
    inode: word,
  }),
  z.object({ kind: z.literal('device'), path: z.string(), rdev: word }),
  z.object({ kind: z.literal('tty'), path: z.string() }),
  z.object({
    kind: z.literal('ptmx'),
    path: z.string(),
    index: count,
    settings: bytes,
    window: bytes,
    locked: z.boolean(),
    packet: z.boolean(),
    hungUp: z.boolean(),
  }),
  z.object({ kind: z.literal('pts'), path: z.string(), index: count }),
  z.object({ kind: z.literal('path'), path: z.string() }),
  z.object({ kind: z.literal('proc'), path: z.string() }),
  z.object({ kind: z.literal('fifo'), path: z.string(), dev: word, inode: word, capacity: count }),
  z.object({ kind: z.literal('pipe'), inode: word, end: z.enum(['read', 'write', 'both', 'none']), capacity: count }),
  z.object({ kind: z.literal('eventfd'), count: word, semaphore: z.boolean() }),
  z.object({ kind: z.literal('signalfd'), mask: word }),
  z.object({
    kind: z.literal('timerfd'),
    clock: count,
    setFlags: count,
    intervalNs: word,
    valueNs: word,
    ticks: word,
    deadlineNs: word,
  }),
  z.object({
    kind: z.literal('epoll'),
    watches: z.array(z.object({ target: count, events: count, data: word })),
  }),
  z.object({
    kind: z.literal('inotify'),
    watches: z.array(z.object({ wd: count, mask: count, path: z.string(), dev: word, inode: word })),
  }),
  z.object({
    kind: z.literal('inet'),
    ...socket,
    domain: count,
    protocol: count,
    state: z.enum(['open', 'listening', 'reset']),
  }),
  z.object({
    kind: z.literal('unix'),
    ...socket,
    state: z.enum(['open', 'listening', 'pair']),
    peer: word,
    mode: count,
    unlinked: z.boolean().default(false),
  }),
]);

const lock = z.object({
  kind: z.enum(['record', 'open-file', 'whole']),
  write: z.boolean(),
  start: word,
  length: word,
});

export const descriptor = z.intersection(
  kind,
  z.object({
    fd: count,
    flags: count,
    cloexec: z.boolean(),
    position: word,
    description: count,
    locks: z.array(lock),
    async: z.exactOptional(z.object({ owner: z.enum(['process', 'first thread', 'nobody']), signal: count })),
  }),
);

export const contents = z.object({ inode: word, packets: z.array(bytes) });

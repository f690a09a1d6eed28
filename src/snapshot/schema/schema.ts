import * as z from 'zod';
import { ElfreezeError } from '../../base/errors.ts';
import type { Description } from '../description.ts';
import { contents, descriptor, namelessKind } from './descriptors.ts';
import { bytes, count, int, word } from './fields.ts';
import { SNAPSHOT_SCHEMA } from '../snapshot.ts';

/**
 * The schema of an image's description, exactly the inverse of json.ts. Only what reads images imports this: loading
 * zod takes longer than freezing a small process.
 */

const strings = z.array(z.string());
const range = z.object({ start: word, end: word });

const mapping = range.extend({
  kind: z.enum([
    'anon',
    'stack',
    'file',
    'file-tail',
    'private-nameless',
    'shared-anon',
    'shared-file',
    'shared-file-ro',
    'shared-nameless',
    'sysv',
    'vdso',
    'vvar',
    'vsyscall', // prettier-ignore
  ]),
  prot: count,
  offset: word,
  dev: z.string(),
  inode: word,
  path: z.string(),
  vmFlags: strings,
  extents: z.array(range),
  guards: z.array(range),
});

const siginfo = z.object({ signo: count, bytes });

const prctls = z.array(z.object({ name: z.string(), value: word }));

const thread = z.object({
  tid: count,
  ownTid: count,
  name: bytes,
  nice: int,
  schedPolicy: count,
  rtPriority: count,
  ioPriority: z.exactOptional(count),
  affinity: z.exactOptional(z.string()),
  prctls,
  registers: z.record(z.string(), word),
  xstate: bytes,
  sigmask: word,
  altstack: z.object({ sp: word, flags: int, size: word }),
  lostSyscall: z.exactOptional(count),
  pending: z.array(siginfo),
  rseq: z.exactOptional(z.object({ address: word, size: count, signature: count, abort: z.exactOptional(word) })),
  robustList: z.object({ head: word, length: word }),
  clearChildTid: word,
  tidWords: z.array(word),
  tls: z.array(z.object({ entry: int, base: word, limit: word, flags: count })),
});

const nameless = z.object({
  kind: namelessKind,
  name: z.string(),
  dev: z.string(),
  inode: word,
  size: word,
  extents: z.array(range),
  attributes: z.exactOptional(
    z.object({ mode: count, uid: count, gid: count, accessedNs: word, modifiedNs: word, seals: count }),
  ),
});

const snapshot = z.object({
  schema: z.literal(SNAPSHOT_SCHEMA),
  arch: z.enum(['x86-64', 'i386']),
  kernelRelease: z.string(),
  cpu: z.object({ required: strings }),
  pid: count,
  comm: z.string(),
  stopped: z.boolean(),
  exe: z.string(),
  cwd: z.string(),
  cwdFile: z.exactOptional(z.object({ dev: word, inode: word })),
  umask: count,
  personality: count,
  oomScoreAdj: int,
  limits: z.array(z.object({ resource: count, soft: word, hard: word })),
  prctls,
  membarriers: strings.default([]),
  layout: z.object({
    startCode: word,
    endCode: word,
    startData: word,
    endData: word,
    startBrk: word,
    brk: word,
    startStack: word,
    argStart: word,
    argEnd: word,
    envStart: word,
    envEnd: word,
    auxv: bytes,
  }),
  mappings: z.array(mapping),
  vdsoFunctions: z.array(z.object({ name: z.string(), address: word, size: word })),
  actions: z.array(z.object({ signo: count, handler: word, flags: word, restorer: word, mask: word })),
  pending: z.array(siginfo),
  itimers: z.array(z.object({ which: count, intervalUs: word, valueUs: word })),
  posixTimers: z.array(
    z.object({
      id: count,
      clock: int,
      notify: count,
      signo: int,
      value: word,
      tid: z.exactOptional(count),
      intervalNs: word,
      valueNs: word,
    }),
  ),
  threads: z.array(thread),
  descriptors: z.array(descriptor),
  pipes: z.array(contents),
  sockets: z.array(contents),
  nameless: z.array(nameless).default([]),
  terminal: z.exactOptional(z.object({ fd: count, settings: bytes })),
});

/** Of what a process was, but for the bytes of its memory. */
export const snapshotSchema = snapshot.meta({ title: 'elfreeze snapshot' });

/** Of what an image says of itself. */
export const descriptionSchema = z
  .object({
    snapshot,
    lazy: z.boolean(),
    brk: z.enum(['prctl', 'layout']),
    stored: z.array(z.object({ address: word, size: word, offset: word })),
    storedFiles: z.array(z.object({ file: count, start: word, size: word, offset: word })).default([]),
    differences: z.array(range.extend({ reason: z.string() })),
    remains: range,
  })
  .meta({ title: 'elfreeze image description' });

/** JSON Schema 2020-12 of the description as it stands in an image. */
export const snapshotJsonSchema = (): unknown =>
  z.toJSONSchema(descriptionSchema, { io: 'input', target: 'draft-2020-12' });

/** Reads what describeImage wrote. @throws IMAGE_SCHEMA IMAGE_INVALID */
export function parseDescription(json: Uint8Array): Description {
  const value = parseJson(json);
  const version = schemaVersion(value);
  if (typeof version === 'number' && version !== SNAPSHOT_SCHEMA) {
    throw new ElfreezeError(
      'IMAGE_SCHEMA',
      `the description has schema ${version}, this elfreeze knows ${SNAPSHOT_SCHEMA}`,
    );
  }
  const parsed = descriptionSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ElfreezeError('IMAGE_INVALID', `its description is damaged: ${firstFault(parsed.error.issues)}`);
}

/** One line, whatever is damaged: a key of a damaged description may hold any character. */
function firstFault([first, ...others]: readonly z.core.$ZodIssue[]): string {
  const path = ['description', ...(first?.path ?? [])].map(String).join('.');
  const more = others.length === 0 ? '' : ` (and ${others.length} ${others.length === 1 ? 'fault' : 'faults'} more)`;
  return `${JSON.stringify(path).slice(1, -1)}: ${JSON.stringify(first?.message).slice(1, -1)}${more}`;
}

function parseJson(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    throw new ElfreezeError('IMAGE_INVALID', 'its description is no JSON', { cause });
  }
}

function schemaVersion(value: unknown): unknown {
  const versioned = z.object({ snapshot: z.object({ schema: z.number() }) }).safeParse(value);
  return versioned.success ? versioned.data.snapshot.schema : undefined;
}

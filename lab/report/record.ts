import { z } from 'zod';

/**
 * What one run of the lab found, as JSON: `elfreeze-lab run --json` prints it, JUnit and HTML are made from it. Published as
 * dist/lab-run.schema.json. Addresses, offsets and sizes are hexadecimal text, as JSON has no numbers for them.
 */

/** Grows with every change that a reader of the last one would misread. */
export const RUN_RECORD = 1;

const word = z
  .string()
  .regex(/^0x(0|[1-9a-f][0-9a-f]{0,15})$/)
  .meta({ description: 'an unsigned 64-bit number in hexadecimal' });
const bytes = z
  .string()
  .regex(/^([0-9a-f]{2})*$/)
  .meta({ description: 'bytes in hexadecimal' });
const milliseconds = z.int().nonnegative();
const count = z.int().nonnegative();
const arch = z.enum(['x86-64', 'i386']);
const range = z.object({ start: word, end: word });

const mapsLine = range
  .extend({ permissions: z.string(), offset: word, inode: word, path: z.string(), vmFlags: z.array(z.string()) })
  .meta({ description: 'one line of /proc/PID/maps, with the flags that smaps adds' });

const look = z
  .object({
    maps: z.array(mapsLine),
    /** Where the kernel says that the heap begins. */
    startBrk: word,
    registers: z.exactOptional(z.record(z.string(), word)),
  })
  .meta({ description: 'the process as the lab saw it from outside; no registers where that would have disturbed it' });

const segment = range
  .extend({ index: count, type: z.string(), flags: z.string(), offset: word, fileSize: word })
  .meta({ description: 'a program header of the image' });

const differingPage = z
  .object({ address: word, before: bytes, after: bytes, differing: z.array(count) })
  .meta({ description: 'a whole page, and the offsets of those of its bytes that should not differ' });

const difference = z.object({
  kind: z.string(),
  at: z.string(),
  before: z.string(),
  after: z.string(),
  place: z.exactOptional(range).meta({ description: 'the addresses that it is about' }),
  page: z.exactOptional(differingPage),
});

const verdict = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('same') }),
  z.object({ outcome: z.literal('differs'), differences: z.array(difference).min(1) }),
  z.object({ outcome: z.literal('unsupported'), feature: z.string() }),
  z.object({ outcome: z.literal('infra'), cause: z.string(), console: z.string() }),
]);

const place = z
  .object({ name: z.string(), kernel: z.string() })
  .meta({ description: 'where half of an experiment ran: host, container, …, and the kernel there' });

const cell = z.object({
  name: z.string(),
  target: z.string(),
  fact: z.string(),
  arch,
  linkage: z.string(),
  places: z.object({ freeze: place, restore: place }),
  verdict,
  milliseconds,
  phases: z.array(z.object({ name: z.string(), milliseconds })),
  before: z.exactOptional(look),
  after: z.exactOptional(look),
  image: z.exactOptional(
    z.object({
      segments: z.array(segment),
      brk: range.meta({ description: 'start and end of the heap to the byte, as `elfreeze inspect` has them' }),
      declared: z.array(range.extend({ reason: z.string() })),
      steps: z
        .array(z.object({ call: z.string(), result: z.string(), sentence: z.string() }))
        .meta({ description: 'the restore program, as `elfreeze inspect --program` has it' }),
    }),
  ),
  rerun: z.string().meta({ description: 'the command that runs this cell again' }),
  directory: z
    .exactOptional(z.string())
    .meta({ description: 'kept, because the verdict is neither same nor unsupported' }),
});

export const runRecord = z.object({
  record: z.literal(RUN_RECORD),
  started: z.iso.datetime(),
  milliseconds,
  command: z.string(),
  seed: z.exactOptional(z.string()),
  machine: z.object({ kernel: z.string(), arch: z.string(), processor: z.string(), processors: count, memory: word }),
  versions: z.record(z.string(), z.string()).meta({ description: 'of elfreeze, Node, the compiler' }),
  cells: z.array(cell),
  leftOut: z.array(z.object({ what: z.string(), cells: count })).meta({ description: 'what is not in reach here' }),
  notes: z.exactOptional(z.array(z.string())).meta({ description: 'sentences about the run as a whole' }),
});

export type RunRecord = z.infer<typeof runRecord>;
export type CellRecord = z.infer<typeof cell>;
export type LookRecord = z.infer<typeof look>;
export type MapsRecord = z.infer<typeof mapsLine>;
export type SegmentRecord = z.infer<typeof segment>;
export type DifferenceRecord = z.infer<typeof difference>;
export type VerdictRecord = z.infer<typeof verdict>;
export type PageRecord = z.infer<typeof differingPage>;
export type ImageRecord = NonNullable<CellRecord['image']>;

export const runJsonSchema = (): unknown => z.toJSONSchema(runRecord, { target: 'draft-2020-12' });

/** @param text printed by `elfreeze-lab run --json` @throws saying what of it is no such record */
export function parseRun(text: string): RunRecord {
  const parsed = runRecord.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new Error(`this is no record of a run, version ${RUN_RECORD}: ${z.prettifyError(parsed.error)}`);
}

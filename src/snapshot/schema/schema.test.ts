import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { type Description, describeImage } from '../description.ts';
import { toJson } from '../json.ts';
import { descriptionSchema, parseDescription, snapshotJsonSchema } from './schema.ts';
import { sampleDescription, sampleSnapshot, sampleThread } from '../testdata/sample.ts';

/** The interfaces are readonly all the way down; zod's types are not. */
type Deep<T> =
  T extends Uint8Array ? Uint8Array
  : T extends readonly (infer E)[] ? readonly Deep<E>[]
  : T extends object ? { readonly [K in keyof T]: Deep<T[K]> }
  : T; // prettier-ignore

const encoded = (value: unknown): Uint8Array => Buffer.from(toJson(value));
const reread = (description: Description): Description => parseDescription(describeImage(description));

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

/** Addresses and sizes, with the edges of 64 bits. */
const word = fc.oneof(fc.bigInt(0n, 0xffff_ffff_ffff_ffffn), fc.constantFrom(0n, 1n, 0xffff_ffff_ffff_ffffn));
const bytes = fc.uint8Array({ maxLength: 40 });
const count = fc.nat();
const range = fc.record({ start: word, end: word });

const thread = fc.record({
  tid: count,
  ownTid: count,
  name: bytes,
  nice: fc.integer({ min: -20, max: 19 }),
  schedPolicy: count,
  rtPriority: count,
  prctls: fc.array(fc.record({ name: fc.string(), value: word }), { maxLength: 2 }),
  registers: fc.dictionary(fc.stringMatching(/^[a-z_0-9]{2,8}$/), word, { maxKeys: 5 }),
  xstate: bytes,
  sigmask: word,
  altstack: fc.record({ sp: word, flags: fc.integer(), size: word }),
  pending: fc.array(fc.record({ signo: count, bytes }), { maxLength: 2 }),
  robustList: fc.record({ head: word, length: word }),
  clearChildTid: word,
  tidWords: fc.array(word, { maxLength: 2 }),
  tls: fc.array(fc.record({ entry: count, base: word, limit: word, flags: count }), { maxLength: 2 }),
});

const description: fc.Arbitrary<Description> = fc
  .record({
    lazy: fc.boolean(),
    brk: fc.constantFrom('prctl' as const, 'layout' as const),
    stored: fc.array(fc.record({ address: word, size: word, offset: word }), { maxLength: 3 }),
    storedFiles: fc.array(fc.record({ file: count, start: word, size: word, offset: word }), { maxLength: 2 }),
    differences: fc.array(fc.record({ start: word, end: word, reason: fc.string() }), { maxLength: 3 }),
    remains: range,
    comm: fc.string({ unit: 'binary', maxLength: 15 }),
    thread,
    lostSyscall: fc.option(count, { nil: undefined }),
    packets: fc.array(bytes, { maxLength: 3 }),
  })
  .map(({ comm, thread: own, lostSyscall, packets, ...rest }) => ({
    ...rest,
    snapshot: {
      ...sampleSnapshot,
      comm,
      threads: [{ ...own, ...(lostSyscall === undefined ? {} : { lostSyscall }) }],
      pipes: [{ inode: 1n, packets }],
      sockets: [],
    },
  }));

describe('the description of an image', () => {
  it('has the types of the hand-written interfaces, both ways', () => {
    type Parsed = Deep<z.output<typeof descriptionSchema>>;
    expectTypeOf<Parsed>().toExtend<Description>();
    expectTypeOf<Deep<Description>>().toExtend<Parsed>();
  });

  it('is read back as it was written', () => {
    expect(reread(sampleDescription)).toEqual(sampleDescription);
    fc.assert(
      fc.property(description, (each) => {
        expect(reread(each)).toEqual(each);
      }),
    );
  });

  it('is written by the schema as json.ts writes it', () => {
    const written = z.encode(descriptionSchema, sampleDescription as z.output<typeof descriptionSchema>);
    expect(written).toEqual(JSON.parse(toJson(sampleDescription)));
  });

  it('keeps what is optional apart from what is undefined', () => {
    const { lostSyscall: _, rseq: __, ...bare } = sampleThread;
    const [own] = reread({ ...sampleDescription, snapshot: { ...sampleSnapshot, threads: [bare] } }).snapshot.threads;
    expect(own).toEqual(bare);
    expect(Object.keys(own ?? {})).not.toContain('rseq');
  });

  it('of another version is refused as such, whatever else is in it', () => {
    const later = encoded({ snapshot: { schema: 2, brand: 'new' } });
    expect(() => parseDescription(later)).toThrow(expect.objectContaining({ code: 'IMAGE_SCHEMA' }));
  });

  it.each([
    ['no JSON', Buffer.from('{"snapshot":')],
    ['no text', Buffer.from([0x22, 0xff, 0x22])],
    ['no object', Buffer.from('7')],
    ['without a version', encoded({ ...sampleDescription, snapshot: {} })],
    ['with a number that is none', encoded({ ...sampleDescription, remains: { start: '0x', end: 1n } })],
    ['with a number in another spelling', encoded({ ...sampleDescription, remains: { start: '0x01', end: 1n } })],
    ['with more than 64 bits', encoded({ ...sampleDescription, remains: { start: 1n << 64n, end: 1n } })],
    ['with half a byte', encoded({ ...sampleDescription, snapshot: { ...sampleSnapshot, pending: [{ signo: 1, bytes: 'abc' }] } })],
    ['with another kind of descriptor', encoded({ ...sampleDescription, snapshot: { ...sampleSnapshot, descriptors: [{ kind: 'socket' }] } })],
  ])('%s is refused', (_, json) => {
    expect(() => parseDescription(json)).toThrow(expect.objectContaining({ code: 'IMAGE_INVALID' }));
  }); // prettier-ignore

  it('is refused with the path of what is wrong', () => {
    const json = encoded({ ...sampleDescription, snapshot: { ...sampleSnapshot, pid: 'x' } });
    expect(() => parseDescription(json)).toThrow(/description\.snapshot\.pid: /);
  });

  it('is refused in one line: the first fault, and how many others there are', () => {
    const broken = { ...sampleThread, tid: 'x', nice: 'y', registers: { 'r\n\u001b': 'z' } };
    const json = encoded({ ...sampleDescription, snapshot: { ...sampleSnapshot, threads: [broken], pid: '\n' } });
    const { message } = thrownBy(() => parseDescription(json)) as Error;
    expect(message).toMatch(/^its description is damaged: description\.snapshot\.pid: .* \(and 3 faults more\) \[IMAGE_INVALID\]: .*$/);
    const odd = encoded({ ...sampleDescription, snapshot: { ...sampleSnapshot, threads: [{ ...sampleThread, registers: { 'r\n\u001b': 'z' } }] } });
    expect(thrownBy(() => parseDescription(odd))).toMatchObject({
      what: expect.stringMatching(/^its description is damaged: description\.snapshot\.threads\.0\.registers\.r\\n\\u001b: \P{Cc}*$/u) as string,
    });
  }); // prettier-ignore

  it('has a JSON Schema that says what is text and what is a number', () => {
    const schema = JSON.stringify(snapshotJsonSchema());
    expect(schema).toContain('https://json-schema.org/draft/2020-12/schema');
    expect(schema).toContain('^0x(0|[1-9a-f][0-9a-f]{0,15})$');
  });
});

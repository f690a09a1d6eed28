import { expect, it } from 'vitest';
import { ARCHES } from '../../arch/index.ts';
import { sampleMapping } from '../../snapshot/testdata/sample.ts';
import { nameMemory } from './memory-names.ts';
import { Program } from '../program/program.ts';

const BASE = 0x1000n;
const at = (start: bigint, path: string) => sampleMapping({ start, end: start + 0x2000n, kind: 'anon', path });

it('memory gets the names that the maps show; [heap] and a file of such a name are none', () => {
  const program = new Program(ARCHES['x86-64'], BASE);
  const paths = ['[heap]', '[anon: glibc: malloc]', '', '[anon_shmem:of all]', '/[anon:file]'];
  nameMemory(
    program,
    paths.map((path, i) => at(BigInt(i + 1) << 20n, path)),
  );
  const data = Buffer.from(program.data());
  const text = (pointer: unknown): string => {
    const start = Number((pointer as bigint) - BASE);
    return data.toString('latin1', start, data.indexOf(0, start));
  };
  expect(program.steps.map(({ name, args }) => [name, ...args.slice(0, 4), text(args[4])])).toEqual([
    ['prctl', 0x53564d41n, 0n, 0x20_0000n, 0x2000n, ' glibc: malloc'],
    ['prctl', 0x53564d41n, 0n, 0x40_0000n, 0x2000n, 'of all'],
  ]);
});

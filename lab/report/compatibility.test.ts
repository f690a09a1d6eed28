import { expect, it } from 'vitest';
import { formatCompatibility, MARKS, putBetweenMarks } from './compatibility.ts';
import type { CellRecord } from './record.ts';
import { sampleCell, sampleRun } from './sample.ts';

const place = (name: string) => ({ name: `Linux ${name}`, kernel: `linux-image-${name} ${name}.1-1` });
const cell = (name: string, freeze: string, restore: string, verdict: CellRecord['verdict'] = { outcome: 'same' }) =>
  sampleCell({ name, fact: `${name} holds.`, places: { freeze: place(freeze), restore: place(restore) }, verdict });
const refused = (feature: string) => ({ outcome: 'unsupported', feature }) as const;
const lost = refused('registration of an rseq area');

const run = sampleRun([
  cell('brk/pie', '5.10', '7.3'),
  cell('brk/pie', '7.3', '7.3'),
  cell('brk/pie', '5.10', '6.1-i386', refused('image of a 64-bit process')),
  cell('brk/pie', '7.3', '6.1-i386', refused('image of a 64-bit process')),
  cell('rseq|/pie', '5.10', '7.3', lost),
  cell('rseq|/pie', '7.3', '7.3'),
  cell('rseq|/pie', '5.10', '6.1-i386', { outcome: 'infra', cause: '', console: '' }),
  cell('rseq|/pie', '7.3', '6.1-i386'),
]);

it('a run becomes a table of its kernels and one of kernel × feature', () => {
  expect(formatCompatibility({ ...run, notes: ['Linux 6.1-i386: restored on only'] })).toBe(
    `2026-11-23: 8 cells, elfreeze 0.1.0, Node 20.19.0, gcc 12.

| kernel | package, version | processes were |
| --- | --- | --- |
| 5.10 | linux-image-5.10 5.10.1-1 | frozen |
| 7.3 | linux-image-7.3 7.3.1-1 | frozen, continued |
| 6.1-i386 | linux-image-6.1-i386 6.1-i386.1-1 | continued |

Frozen on each of 5.10, 7.3, and continued on:

| what is kept | 7.3 | 6.1-i386 |
| --- | --- | --- |
| brk/pie holds. \`brk/pie\` | ✓ | a |
| rseq\\|/pie holds. \`rseq\\|/pie\` | b; ✓ from 7.3 | **c**; ✓ from 7.3 |

- ✓: the same, to the byte and the register.
- a: refused or lost, as [limits.md](limits.md) says: image of a 64-bit process.
- b: refused or lost, as [limits.md](limits.md) says: registration of an rseq area.
- c: not known: the lab failed.
- Linux 6.1-i386: restored on only.
`,
  );
});

it('the table goes between the marks of a page, and nothing else of it changes', () => {
  const page = `# Kernels\n\n${MARKS.start}\nold\n${MARKS.end}\n\nMore.\n`;
  const made = putBetweenMarks(page, 'new\n');
  expect(made).toBe(`# Kernels\n\n${MARKS.start}\n\nnew\n\n${MARKS.end}\n\nMore.\n`);
  expect(putBetweenMarks(made, 'new\n')).toBe(made);
  for (const broken of ['', MARKS.start, `${MARKS.end} ${MARKS.start}`, page + page])
    expect(() => putBetweenMarks(broken, 'new')).toThrow('the page has no place for the table');
});

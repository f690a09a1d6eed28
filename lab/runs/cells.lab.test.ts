import { afterAll, describe, expect, it } from 'vitest';
import { selectCells } from '../cell.ts';
import { closeLabDirectory, makeLabDirectory } from '../directory.ts';
import { Runner } from '../experiment/runner.ts';
import type { Verdict } from '../judge/verdict.ts';
import { openPlaces, type PlaceName } from '../places/open.ts';
import type { TargetRow } from '../targets/row.ts';

/** Of the real programs the quick ones. */
const CORE_PROGRAMS = ['bash', 'busybox', 'gawk', 'jq', 'perl', 'python3', 'sqlite3', 'xz'];
/** `ELFREEZE_LAB_CELLS='tls brk-*'` selects; `all` is every cell. */
const WANTED =
  process.env['ELFREEZE_LAB_CELLS'] ??
  `*/x86-64/pie */i386/pie */x86-64/static */i386/static-pie */x86-64/musl ${CORE_PROGRAMS.map((name) => `${name}/*/system`).join(' ')}`;

/** A loaded machine takes its time: every wait in an experiment has a limit of its own. */
const TIMEOUT_MS = 600_000;

const selectors = WANTED === 'all' ? [] : WANTED.split(/\s+/);
const selected = selectCells({ selectors, arches: [], linkages: [] });
const interrupted = new AbortController().signal;
const dir = await makeLabDirectory();
/** `ELFREEZE_LAB_PLACE=host` does without containers. */
const place = process.env['ELFREEZE_LAB_PLACE'] as PlaceName | undefined;
const names = place === undefined ? {} : { freezeIn: place, restoreIn: place };
const places = await openPlaces(names, selected, { dir, interrupted, say: console.log });
const runner = await Runner.open({
  ...places,
  dir,
  interrupted,
  rerun: place === undefined ? '' : ` --freeze-in ${place} --restore-in ${place}`,
});
const cells = await Promise.all(selected.map(async (cell) => ({ cell, lack: await places.freezeIn.lacks(cell) })));
const rows = cells.map(({ cell, lack }) => ({ name: cell.name, cell, lack }));

/** Containers in which images are rerun are empty. */
const expected = ({ limits, loses, keepsOpen }: TargetRow): Verdict['outcome'] =>
  (limits ?? loses ?? (place === 'host' ? undefined : keepsOpen)) === undefined ? 'same' : 'unsupported';

afterAll(async () => {
  await runner[Symbol.asyncDispose]();
  await places[Symbol.asyncDispose]();
  await closeLabDirectory(dir, runner.keeps);
});

// As many at a time as there are cores: an experiment mostly waits.
describe.concurrent.each(rows)('$name: $cell.target.fact', ({ name, cell, lack }) => {
  it(
    'is continued as it was',
    async ({ skip }) => {
      skip(lack !== undefined, lack);
      const { verdict, directory, rerun } = await runner.run({ name, cell });
      const why = verdict.outcome === 'infra' ? verdict.cause : verdict.outcome;
      expect(verdict, `${why}, kept ${directory}, rerun: ${rerun}`).toMatchObject({ outcome: expected(cell.target) });
    },
    TIMEOUT_MS,
  );
});

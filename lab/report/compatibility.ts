import type { CellRecord, RunRecord } from './record.ts';

/** What a page has around the part that is made. */
export const MARKS = {
  start: '<!-- made by elfreeze-lab report --table -->',
  end: '<!-- made so far -->',
} as const;

/** @throws when the page does not have both marks once */
export function putBetweenMarks(page: string, made: string): string {
  const [before, rest, ...more] = page.split(MARKS.start);
  const [, after, ...others] = rest?.split(MARKS.end) ?? [];
  if (before === undefined || after === undefined || more.length + others.length > 0)
    throw new Error(`the page has no place for the table: wanted the lines ${MARKS.start} and ${MARKS.end}`);
  return `${before}${MARKS.start}\n\n${made.trimEnd()}\n\n${MARKS.end}${after}`;
}

/** A run of the matrix in Markdown: its kernels, and kernel × feature. */
export function formatCompatibility(run: RunRecord): string {
  const freeze = placesOf(run, 'freeze');
  const restore = placesOf(run, 'restore');
  const notes = new Notes();
  const features = groupBy(run.cells, ({ name }) => name);
  const rows = [...features.values()].map((cells) => [
    `${cells[0]!.fact} \`${cells[0]!.name}\``,
    ...restore.map(({ name }) =>
      describe(
        cells.filter(({ places }) => places.restore.name === name),
        notes,
      ),
    ),
  ]);
  return [
    `${run.started.slice(0, 10)}: ${run.cells.length} cells, ${sentence(run)}.`,
    '',
    ...table(
      ['kernel', 'package, version', 'processes were'],
      [...new Map([...freeze, ...restore].map((place) => [place.name, place])).values()].map((place) => [
        short(place.name),
        place.kernel,
        [freeze, restore]
          .flatMap((those, index) =>
            those.some(({ name }) => name === place.name) ? [['frozen', 'continued'][index]] : [],
          )
          .join(', '),
      ]),
    ),
    '',
    `Frozen on each of ${freeze.map(({ name }) => short(name)).join(', ')}, and continued on:`,
    '',
    ...table(['what is kept', ...restore.map(({ name }) => short(name))], rows),
    '',
    ...[
      '✓: the same, to the byte and the register.',
      ...notes.lines(),
      ...(run.notes ?? []).map((note) => `${note}.`),
    ].map((line) => `- ${line}`),
    '',
  ].join('\n');
}

function sentence({ versions }: RunRecord): string {
  const { elfreeze, node, ...others } = versions;
  return [`elfreeze ${elfreeze}`, `Node ${node}`, ...Object.values(others)].join(', ');
}

type PlaceRecord = CellRecord['places']['freeze'];

const placesOf = ({ cells }: RunRecord, which: keyof CellRecord['places']): PlaceRecord[] => [
  ...new Map(cells.map(({ places }) => [places[which].name, places[which]])).values(),
];

/** What became of one feature's images on one kernel: ✓, or letters of notes with the kernels that it holds for. */
function describe(cells: readonly CellRecord[], notes: Notes): string {
  const groups = groupBy(cells, ({ verdict }) => notes.signOf(verdict));
  return [...groups]
    .sort(([, one], [, other]) => other.length - one.length)
    .map(([sign, of], index) => (index === 0 ? sign : `${sign} from ${of.map(frozenOn).join(', ')}`))
    .join('; ');
}

const frozenOn = ({ places }: CellRecord): string => short(places.freeze.name);

/** What is not the same, by letters. */
class Notes {
  private readonly words: string[] = [];

  signOf(verdict: CellRecord['verdict']): string {
    switch (verdict.outcome) {
      case 'same':
        return '✓';
      case 'unsupported':
        return this.letter(`refused or lost, as [limits.md](limits.md) says: ${verdict.feature}`);
      case 'differs':
        return `**${this.letter('differs')}**`;
      case 'infra':
        return `**${this.letter('not known: the lab failed')}**`;
    }
  }

  lines(): string[] {
    return this.words.map((word, index) => `${letterOf(index)}: ${word}.`);
  }

  private letter(word: string): string {
    if (!this.words.includes(word)) this.words.push(word);
    return letterOf(this.words.indexOf(word));
  }
}

const letterOf = (index: number): string => String.fromCharCode('a'.charCodeAt(0) + index);

const short = (name: string): string => name.replace(/^Linux /, '');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [head, head.map(() => '---'), ...rows].map(
    (row) => `| ${row.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`,
  );

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

import { useMemo, useState } from 'preact/hooks';
import type { CellRecord, DifferenceRecord, RunRecord } from '../record.ts';
import { HeatMap } from './heat-map.tsx';
import { countOutcomes, isOf, type Outcome, type Pair, pairsOf } from './pairs.ts';
import { formatSize } from './ranges.ts';
import { linkTo } from './routes.ts';
import { told, Verdict } from './verdict.tsx';

/** Each with what it means, in the order of their weight. */
const OUTCOMES: Record<Outcome, string> = {
  differs: 'the image continued something else',
  infra: 'the lab itself failed',
  unsupported: 'refused, as docs/limits.md says',
  same: 'the image continued the process as it was',
};

interface Filter {
  readonly outcomes: readonly Outcome[];
  readonly arch: string;
  readonly text: string;
  readonly pair?: Pair | undefined;
}

const matches = (cell: CellRecord, { outcomes, arch, text, pair }: Filter): boolean =>
  (pair === undefined || isOf(pair, cell)) &&
  (outcomes.length === 0 || outcomes.includes(cell.verdict.outcome)) &&
  (arch === '' || cell.arch === arch) &&
  text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => `${cell.name} ${cell.fact}`.toLowerCase().includes(word));

export function Overview({ run }: { run: RunRecord }) {
  const [filter, setFilter] = useState<Filter>({ outcomes: [], arch: '', text: '' });
  const shown = useMemo(
    () => run.cells.map((cell, index) => ({ cell, index })).filter(({ cell }) => matches(cell, filter)),
    [run, filter],
  );
  const pairs = useMemo(() => pairsOf(run.cells), [run]);
  const { pair } = filter;
  return (
    <main>
      <Heading run={run} />
      {pairs && <HeatMap pairs={pairs} chosen={pair} choose={(chosen) => setFilter({ ...filter, pair: chosen })} />}
      <Filters run={run} filter={filter} change={setFilter} />
      <p class="count" role="status">
        {shown.length === run.cells.length ? `${shown.length} cells` : `${shown.length} of ${run.cells.length} cells`}
        {pair && `, frozen on ${pair.freeze}, continued on ${pair.restore} `}
        {pair && (
          <button type="button" class="reset" onClick={() => setFilter({ ...filter, pair: undefined })}>
            all pairs
          </button>
        )}
      </p>
      <CellTable rows={shown} />
      {run.leftOut.map(({ what, cells }) => (
        <p class="quiet">
          {cells} cells were left out: not in reach there: {what}
        </p>
      ))}
      {run.notes?.map((note) => (
        <p class="quiet">{note}</p>
      ))}
    </main>
  );
}

function Heading({ run }: { run: RunRecord }) {
  const { machine, versions } = run;
  const facts = [
    run.started.slice(0, 16).replace('T', ' ') + ' UTC',
    `${(run.milliseconds / 1000).toFixed(1)} s`,
    `Linux ${machine.kernel}`,
    `${machine.processors} × ${machine.processor}, ${formatSize(BigInt(machine.memory))}`,
    ...Object.entries(versions).map(([name, version]) =>
      name === 'compiler' || name === 'guests' ? version : `${name} ${version}`,
    ),
    ...(run.seed === undefined ? [] : [`seed ${run.seed}`]),
  ];
  return (
    <header>
      <h1>elfreeze lab</h1>
      <code class="command">{run.command}</code>
      <ul class="facts">
        {facts.map((fact) => (
          <li>{fact}</li>
        ))}
      </ul>
    </header>
  );
}

function Filters({ run, filter, change }: { run: RunRecord; filter: Filter; change: (filter: Filter) => void }) {
  const arches = [...new Set(run.cells.map(({ arch }) => arch))];
  const { pair } = filter;
  const counts = countOutcomes(pair ? run.cells.filter((cell) => isOf(pair, cell)) : run.cells);
  const toggle = (outcome: Outcome) =>
    filter.outcomes.includes(outcome)
      ? filter.outcomes.filter((each) => each !== outcome)
      : [...filter.outcomes, outcome];
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <fieldset>
        <legend class="unseen">verdict</legend>
        {(Object.keys(OUTCOMES) as Outcome[]).map((outcome) => (
          <button
            type="button"
            class={`tile ${outcome}`}
            title={OUTCOMES[outcome]}
            aria-pressed={filter.outcomes.includes(outcome)}
            onClick={() => change({ ...filter, outcomes: toggle(outcome) })}
          >
            <b>{counts[outcome]}</b> {outcome}
          </button>
        ))}
      </fieldset>
      <label>
        target
        <input
          type="search"
          placeholder="name or fact"
          value={filter.text}
          onInput={({ currentTarget }) => change({ ...filter, text: currentTarget.value })}
        />
      </label>
      <label>
        arch
        <select value={filter.arch} onChange={({ currentTarget }) => change({ ...filter, arch: currentTarget.value })}>
          <option value="">all</option>
          {arches.map((arch) => (
            <option value={arch}>{arch}</option>
          ))}
        </select>
      </label>
    </form>
  );
}

function CellTable({ rows }: { rows: readonly { cell: CellRecord; index: number }[] }) {
  const longest = Math.max(1, ...rows.map(({ cell }) => cell.milliseconds));
  return (
    <table class="cells">
      <thead>
        <tr>
          {['verdict', 'target', 'arch', 'linkage', 'frozen in → continued in', 'time'].map((name) => (
            <th scope="col">{name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ cell, index }) => (
          <tr key={index}>
            <td>
              <Verdict outcome={cell.verdict.outcome} />
            </td>
            <td>
              <a href={linkTo(index)}>{cell.target}</a>
              <span class="fact">{cell.fact}</span>
              <Reason verdict={cell.verdict} />
            </td>
            <td>{cell.arch}</td>
            <td>{cell.linkage}</td>
            <td>
              {cell.places.freeze.name} → {cell.places.restore.name}
            </td>
            <td class="time">
              <Bar part={cell.milliseconds / longest} />
              <span>{(cell.milliseconds / 1000).toFixed(2)} s</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Why it is not the same. */
function Reason({ verdict }: Pick<CellRecord, 'verdict'>) {
  switch (verdict.outcome) {
    case 'same':
      return null;
    case 'unsupported':
      return <span class="reason">{verdict.feature}</span>;
    case 'differs': {
      const [{ kind, at, before, after }, ...more] = verdict.differences as [DifferenceRecord, ...DifferenceRecord[]];
      return (
        <span class="reason">
          {kind} {at}: {after}, was {before}
          {more.length > 0 && `, and ${more.length} more`}
        </span>
      );
    }
    case 'infra':
      return (
        <details class="reason">
          <summary>{verdict.cause.split('\n', 1)[0]}</summary>
          <pre>{told(verdict)}</pre>
        </details>
      );
  }
}

/** A part of a line, from 0 to 1. */
const Bar = ({ part }: { part: number }) => (
  <svg class="bar" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
    <rect width={part} height="1" />
  </svg>
);

import type { CellRecord } from '../record.ts';
import { Differences } from './differences.tsx';
import { MemoryMap } from './memory-map.tsx';
import { Registers } from './registers.tsx';
import { Segments, Steps } from './image.tsx';
import { Timings } from './timings.tsx';
import { told, Verdict } from './verdict.tsx';

/** All that is known of one cell, what is wrong first. */
export function CellPage({ cell }: { cell: CellRecord }) {
  const { image, before, after } = cell;
  return (
    <main class="cell">
      <nav>
        <a href="#/">← all cells</a>
      </nav>
      <header>
        <h1>
          <Verdict outcome={cell.verdict.outcome} /> {cell.name}
        </h1>
        <p>{cell.fact}</p>
        <ul class="facts">
          <li>frozen in {describe(cell.places.freeze)}</li>
          <li>continued in {describe(cell.places.restore)}</li>
          <li>{(cell.milliseconds / 1000).toFixed(2)} s</li>
          {cell.directory !== undefined && <li>kept in {cell.directory}</li>}
        </ul>
        <code class="command">{cell.rerun}</code>
      </header>
      <Complaint cell={cell} />
      {(before || after) && <MemoryMap cell={cell} />}
      {before && <Registers before={before} after={after} />}
      <Timings phases={cell.phases} />
      {image && <Steps steps={image.steps} />}
      {image && <Segments segments={image.segments} declared={image.declared} />}
    </main>
  );
}

const describe = ({ name, kernel }: CellRecord['places']['freeze']): string =>
  name.startsWith('Linux ') ? `${name} (${kernel})` : `${name}, Linux ${kernel}`;

function Complaint({ cell: { verdict } }: { cell: CellRecord }) {
  switch (verdict.outcome) {
    case 'same':
      return null;
    case 'unsupported':
      return (
        <p class="note">
          Refused, as the row of docs/limits.md says that has these words: <q>{verdict.feature}</q>
        </p>
      );
    case 'infra':
      return (
        <section>
          <h2>The lab failed</h2>
          <pre>{told(verdict)}</pre>
        </section>
      );
    case 'differs':
      return <Differences differences={verdict.differences} />;
  }
}

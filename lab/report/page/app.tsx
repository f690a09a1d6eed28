import { useEffect, useState } from 'preact/hooks';
import type { RunRecord } from '../record.ts';
import { CellPage } from './cell-page.tsx';
import { Overview } from './overview.tsx';
import { cellIn } from './routes.ts';

function useHash(): string {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return hash;
}

export function App({ run }: { run: RunRecord }) {
  const index = cellIn(useHash());
  const cell = index === undefined ? undefined : run.cells[index];
  useEffect(() => {
    document.title = cell ? `${cell.name}: ${cell.verdict.outcome}` : 'elfreeze lab';
    if (cell) scrollTo(0, 0);
  }, [cell]);
  // The overview stays, hidden, so that its filters hold when one comes back.
  return (
    <>
      <div hidden={cell !== undefined}>
        <Overview run={run} />
      </div>
      {cell && <CellPage key={index} cell={cell} />}
    </>
  );
}

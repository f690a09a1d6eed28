import { countOutcomes, describeCounts, type Pair, type Pairs } from './pairs.ts';

/** Frozen in the row's place, continued in the column's: each field opens to its cells. */
export function HeatMap({
  pairs,
  chosen,
  choose,
}: {
  pairs: Pairs;
  chosen: Pair | undefined;
  choose: (pair: Pair | undefined) => void;
}) {
  return (
    <section>
      <h2>Frozen on ↓, continued on →</h2>
      <div class="scroll">
        <table class="heat-map">
          <thead>
            <tr>
              <td />
              {pairs.restore.map((name) => (
                <th scope="col">
                  <span>{short(name)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {pairs.freeze.map((freeze) => (
              <tr>
                <th scope="row">{short(freeze)}</th>
                {pairs.restore.map((restore) => {
                  const isChosen = chosen?.freeze === freeze && chosen.restore === restore;
                  const toggle = () => choose(isChosen ? undefined : { freeze, restore });
                  return (
                    <td>
                      <Field pair={{ freeze, restore }} pairs={pairs} isChosen={isChosen} toggle={toggle} />
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet">
        How many cells are the same, and below how many were refused, as docs/limits.md says. Where something is wrong,
        its number comes first: red what differs, purple where only the lab failed.
      </p>
    </section>
  );
}

function Field({ pair, pairs, isChosen, toggle }: { pair: Pair; pairs: Pairs; isChosen: boolean; toggle: () => void }) {
  const cells = pairs.cells(pair);
  if (cells.length === 0) return <span class="quiet">–</span>;
  const counts = countOutcomes(cells);
  const wrong = counts.differs + counts.infra;
  const label = `frozen on ${pair.freeze}, continued on ${pair.restore}: ${describeCounts(counts)}`;
  return (
    <button
      type="button"
      class={`field ${wrong > 0 ? (counts.differs > 0 ? 'differs' : 'infra') : ''}`}
      style={`--same-part: ${Math.round((100 * counts.same) / cells.length)}%`}
      aria-pressed={isChosen}
      aria-label={label}
      title={label}
      onClick={toggle}
    >
      <b>{wrong > 0 ? `${wrong}!` : counts.same}</b>
      <small>{wrong > 0 ? counts.same : counts.unsupported > 0 ? `+${counts.unsupported}` : ''}</small>
    </button>
  );
}

/** All are of Linux: there is no room to say so in each. */
const short = (name: string): string => name.replace(/^Linux /, '');

import { useState } from 'preact/hooks';
import type { LookRecord } from '../record.ts';

/** General registers before and after; those that are the same only if asked for. */
export function Registers({ before, after }: { before: LookRecord; after: LookRecord | undefined }) {
  const [all, setAll] = useState(false);
  const rows = Object.entries(before.registers ?? {}).map(([name, was]) => ({
    name,
    was,
    is: after?.registers?.[name] ?? 'not known',
  }));
  if (rows.length === 0) return null;
  const differing = rows.filter(({ was, is }) => was !== is);
  return (
    <section>
      <h2>Registers</h2>
      <p class="quiet">
        {differing.length === 0 ? 'All are as they were.' : `${differing.length} of ${rows.length} are others now.`} An
        interrupted system call is made again: its number is back in the first register, and the instruction pointer
        before it.
      </p>
      <label class="toggle">
        <input type="checkbox" checked={all} onChange={({ currentTarget }) => setAll(currentTarget.checked)} /> all
        registers
      </label>
      {(all || differing.length > 0) && (
        <div class="scroll">
          <table class="registers">
            <thead>
              <tr>
                <th scope="col">register</th>
                <th scope="col">before</th>
                <th scope="col">after</th>
              </tr>
            </thead>
            <tbody>
              {(all ? rows : differing).map(({ name, was, is }) => (
                <tr class={was === is ? '' : 'changed'} key={name}>
                  <th scope="row">{name}</th>
                  <td>{was}</td>
                  <td>{is}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

import type { CellRecord } from '../record.ts';

/** The phases one after the other, on one line of time. */
export function Timings({ phases }: Pick<CellRecord, 'phases'>) {
  const total = phases.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  if (total === 0) return null;
  let at = 0;
  return (
    <section>
      <h2>Time</h2>
      <table class="timings">
        <tbody>
          {phases.map(({ name, milliseconds }, index) => {
            const start = at;
            at += milliseconds;
            return (
              <tr key={index}>
                <th scope="row">{name}</th>
                <td class="number">{milliseconds} ms</td>
                <td class="line">
                  <svg preserveAspectRatio="none" viewBox={`0 0 ${total} 1`} aria-hidden="true">
                    <rect class="phase" x={start} width={Math.max(milliseconds, total / 400)} height="1" />
                  </svg>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

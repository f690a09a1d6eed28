import { useState } from 'preact/hooks';
import { hex } from '../../../src/base/range.ts';
import type { DifferenceRecord, PageRecord } from '../record.ts';
import { bytesOf, rowsToShow, ROW } from './hexdump.ts';

export const differenceId = (index: number): string => `difference-${index}`;

export function Differences({ differences }: { differences: readonly DifferenceRecord[] }) {
  return (
    <section>
      <h2>{differences.length === 1 ? 'One difference' : `${differences.length} differences`}</h2>
      {differences.map((difference, index) => (
        <article class="difference" id={differenceId(index)} key={index}>
          <h3>
            {difference.kind} <code>{difference.at}</code>
          </h3>
          {difference.page ? <PageDifference page={difference.page} /> : <WasIs {...difference} />}
        </article>
      ))}
    </section>
  );
}

const WasIs = ({ before, after }: DifferenceRecord) => (
  <dl class="was-is">
    <dt>was</dt>
    <dd>
      <code>{before || 'nothing'}</code>
    </dd>
    <dt>is</dt>
    <dd>
      <code>{after || 'nothing'}</code>
    </dd>
  </dl>
);

/** The page as a square of 64 × 64 bytes, and those of its lines that differ. */
function PageDifference({ page }: { page: PageRecord }) {
  const [told, setTold] = useState<number>();
  const [before, after] = [bytesOf(page.before), bytesOf(page.after)];
  const differing = new Set(page.differing);
  const { rows, left } = rowsToShow(page.differing, before.length);
  const base = BigInt(page.address);
  const sentence = (at: number) => `${hex(base + BigInt(at))} was ${twoDigits(before[at])}, is ${twoDigits(after[at])}`;
  return (
    <div class="page-difference">
      <figure>
        <svg viewBox="0 0 64 64" role="img" aria-label={`${page.differing.length} bytes of the page differ`}>
          <rect class="same-bytes" width="64" height="64" />
          {page.differing.map((at) => (
            <rect class="differing" x={at % 64} y={Math.floor(at / 64)} width="1" height="1" />
          ))}
        </svg>
        <figcaption>
          {page.differing.length} of {before.length} bytes of the page at {page.address}
        </figcaption>
      </figure>
      <div class="scroll">
        <table class="hexdump">
          <thead>
            <tr>
              <th scope="col">address</th>
              <th scope="col">was</th>
              <th scope="col">is</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr>
                <th scope="row">{(base + BigInt(row)).toString(16)}</th>
                {[before, after].map((bytes) => (
                  <td>
                    {Array.from({ length: ROW }, (_, column) => row + column).map((at) =>
                      differing.has(at) ? (
                        <b
                          tabIndex={0}
                          title={sentence(at)}
                          onMouseEnter={() => setTold(at)}
                          onFocus={() => setTold(at)}
                        >
                          {twoDigits(bytes[at])}
                        </b>
                      ) : (
                        <span>{twoDigits(bytes[at])}</span>
                      ),
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        <p class="told" role="status">
          {told === undefined ? sentence(page.differing[0]!) : sentence(told)}
          {left > 0 && `; ${left} more lines of 16 bytes differ`}
        </p>
      </div>
    </div>
  );
}

const twoDigits = (byte: number | undefined): string => (byte ?? 0).toString(16).padStart(2, '0');

import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { PAGE, type Range } from '../../../src/base/range.ts';
import type { CellRecord } from '../record.ts';
import { type Axis, foldAxis, placeOf } from './axis.ts';
import { differenceId } from './differences.tsx';
import { KINDS, type Kind } from './kinds.ts';
import { type Column, columnsOf, type Entry, type Mark, marksOf } from './map-columns.ts';
import { formatSize, rangeOf } from './ranges.ts';

const TOP = 24;
const GUTTER = 10;
/** Digits of an address, and of the text in a rectangle, are this wide. */
const DIGIT = 6.7;
const LINE = 14;

/** Which rectangle is told about: column and place in it. */
type Choice = readonly [column: number, entry: number];

/** Memory before and after, and between them what the loader put there, on one folded axis of addresses. */
export function MemoryMap({ cell }: { cell: CellRecord }) {
  const columns = useMemo(() => columnsOf(cell), [cell]);
  const marks = useMemo(() => marksOf(cell), [cell]);
  const axis = useMemo(
    () =>
      foldAxis([...columns.flatMap(({ entries }) => entries), ...marks.filter(isWide)], [...marks, ...heapOf(cell)]),
    [cell, columns, marks],
  );
  const [choice, choose] = useState<Choice>([0, 0]);
  const [frame, width] = useWidth();
  const chosen = columns[choice[0]]?.entries[choice[1]];
  return (
    <section class="memory-map">
      <h2>Memory</h2>
      <Breaks cell={cell} />
      <Legend columns={columns} />
      <div class="told-line" role="status" aria-live="polite">
        {chosen && <Told column={columns[choice[0]]!} entry={chosen} marks={marks} />}
      </div>
      <div ref={frame}>
        {width > 0 && <Drawing {...{ columns, axis, marks, choice, choose, width, breaks: breaksOf(cell) }} />}
      </div>
    </section>
  );
}

/** Nothing may be mapped any more where a mapping differs, and yet it must be drawn. */
const isWide = ({ start, end }: Mark): boolean => end - start >= PAGE;

const heapOf = ({ image }: CellRecord): Range[] => (image ? [rangeOf(image.brk)] : []);

function useWidth() {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, []);
  return [frame, width] as const;
}

function breaksOf({ before, image }: CellRecord): { name: string; at: bigint }[] {
  const start = before?.startBrk ?? image?.brk.start;
  return [
    ...(start === undefined || BigInt(start) === 0n ? [] : [{ name: 'start_brk', at: BigInt(start) }]),
    ...(image ? [{ name: 'brk', at: BigInt(image.brk.end) }] : []),
  ];
}

function Breaks({ cell: { before, after, image } }: { cell: CellRecord }) {
  const known = (text: string | undefined) => text ?? 'not known';
  const moved = before && after && before.startBrk !== after.startBrk;
  return (
    <p class="breaks">
      start_brk <code>{known(before?.startBrk)}</code> before,{' '}
      <code class={moved ? 'wrong' : ''}>{known(after?.startBrk)}</code> after
      {image && (
        <>
          {' · '}brk <code>{image.brk.end}</code>, {formatSize(BigInt(image.brk.end) - BigInt(image.brk.start))} of heap
        </>
      )}
    </p>
  );
}

function Legend({ columns }: { columns: readonly Column[] }) {
  const used = new Set(columns.flatMap(({ entries }) => entries.map(({ kind }) => kind)));
  return (
    <ul class="legend">
      {(Object.keys(KINDS) as Kind[])
        .filter((kind) => used.has(kind))
        .map((kind) => (
          <li>
            <i class={`swatch ${kind}`} /> {KINDS[kind]}
          </li>
        ))}
    </ul>
  );
}

function Told({ column, entry, marks }: { column: Column; entry: Entry; marks: readonly Mark[] }) {
  const inside = marks.filter(({ start, end }) => start < entry.end && entry.start < end);
  return (
    <>
      <span class="where">{column.title}</span> <code>{entry.line}</code>
      {entry.notes.map((note) => (
        <div class="quiet">{note}</div>
      ))}
      {inside.map(({ sentence }) => (
        <div class="wrong">{sentence}</div>
      ))}
    </>
  );
}

interface DrawingProps {
  readonly columns: readonly Column[];
  readonly axis: Axis;
  readonly marks: readonly Mark[];
  readonly breaks: readonly { name: string; at: bigint }[];
  readonly choice: Choice;
  readonly choose: (choice: Choice) => void;
  readonly width: number;
}

function Drawing({ columns, axis, marks, breaks, choice, choose, width }: DrawingProps) {
  const longest = Math.max(0, ...axis.bands.map(({ start }) => start.toString(16).length));
  const left = Math.ceil(longest * DIGIT) + GUTTER;
  const each = (width - left) / columns.length;
  const svg = useRef<SVGSVGElement>(null);
  // One stop of the tab key for the whole map; the arrow keys go on from there.
  const move = (event: KeyboardEvent) => {
    const next = neighbour(columns, choice, event.key);
    if (!next) return;
    event.preventDefault();
    choose(next);
    svg.current?.querySelector<SVGElement>(`[data-at="${next.join(' ')}"]`)?.focus();
  };
  return (
    <svg ref={svg} class="map" width={width} height={axis.height + TOP + GUTTER} onKeyDown={move}>
      {columns.map(({ title }, index) => (
        <text class="title" x={left + index * each + 4} y={LINE}>
          {title}
        </text>
      ))}
      <g transform={`translate(0 ${TOP})`}>
        <Scale axis={axis} left={left} width={width} />
        {columns.map(({ entries }, column) => (
          <g transform={`translate(${left + column * each} 0)`}>
            {entries.map((entry, at) => (
              <Box
                {...{ axis, entry, width: each - GUTTER }}
                at={[column, at]}
                chosen={choice[0] === column && choice[1] === at}
                choose={choose}
              />
            ))}
          </g>
        ))}
        {breaks.map(({ name, at }) => (
          <g class="break" transform={`translate(0 ${placeOf(axis, at)})`}>
            <line x1={left - 4} x2={width} />
            <text x={width - GUTTER - 2} y={name === 'brk' ? 10 : -3} text-anchor="end">
              {name}
            </text>
          </g>
        ))}
        {marks.map((mark) => (
          <Marked {...{ axis, mark, left, width }} />
        ))}
      </g>
    </svg>
  );
}

function neighbour(columns: readonly Column[], [column, entry]: Choice, key: string): Choice | undefined {
  const within = (to: number) => (columns[column]?.entries[to] ? ([column, to] as const) : undefined);
  const beside = (to: number): Choice | undefined => {
    const from = columns[column]?.entries[entry];
    const entries = columns[to]?.entries;
    if (!from || !entries || entries.length === 0) return undefined;
    const at = entries.findIndex(({ end }) => end > from.start);
    return [to, at === -1 ? entries.length - 1 : at];
  };
  switch (key) {
    case 'ArrowDown':
      return within(entry + 1);
    case 'ArrowUp':
      return within(entry - 1);
    case 'ArrowLeft':
      return beside(column - 1);
    case 'ArrowRight':
      return beside(column + 1);
    default:
      return undefined;
  }
}

/** Where mappings begin, and how much each fold leaves out. */
const Scale = ({ axis, left, width }: { axis: Axis; left: number; width: number }) => (
  <g class="scale">
    {axis.bands.map(({ start, end, top, height, gap }) =>
      gap ? (
        <g>
          <line class="fold" x1={left} x2={width - GUTTER} y1={top + height / 2} y2={top + height / 2} />
          <text x={left - GUTTER} y={top + height / 2 + 4} text-anchor="end" class="folded">
            {formatSize(end - start)}
          </text>
        </g>
      ) : (
        height >= LINE && (
          <text x={left - GUTTER} y={top + 11} text-anchor="end">
            {start.toString(16)}
          </text>
        )
      ),
    )}
  </g>
);

interface BoxProps {
  readonly axis: Axis;
  readonly entry: Entry;
  readonly at: Choice;
  readonly chosen: boolean;
  readonly choose: (choice: Choice) => void;
  readonly width: number;
}

function Box({ axis, entry, at, chosen, choose, width }: BoxProps) {
  const top = placeOf(axis, entry.start);
  const height = Math.max(2, placeOf(axis, entry.end) - top - 1);
  const room = Math.floor((width - 10) / DIGIT);
  const tell = () => choose(at);
  return (
    <g
      class={`box ${entry.kind} ${chosen ? 'chosen' : ''}`}
      data-at={at.join(' ')}
      tabIndex={chosen ? 0 : -1}
      role="img"
      aria-label={entry.line}
      onMouseEnter={tell}
      onFocus={tell}
      onClick={tell}
    >
      <rect y={top} width={width} height={height} rx="2" />
      {height >= LINE && (
        <text x="5" y={top + 12}>
          {entry.label.length > room ? `${entry.label.slice(0, Math.max(0, room - 1))}…` : entry.label}
        </text>
      )}
    </g>
  );
}

function Marked({ axis, mark, left, width }: { axis: Axis; mark: Mark; left: number; width: number }) {
  const top = placeOf(axis, mark.start);
  const height = Math.max(3, placeOf(axis, mark.end) - top - 1);
  const show = () => document.getElementById(differenceId(mark.index))?.scrollIntoView({ block: 'center' });
  return (
    <g class="mark" transform={`translate(0 ${top})`} onClick={show}>
      <title>{mark.sentence}</title>
      <rect x={left - 3} width={width - left - GUTTER + 6} height={height} rx="2" />
      <path d={`M ${left - 10} -4 l 8 ${height / 2 + 4} l -8 ${height / 2 + 4} z`} />
    </g>
  );
}

import { readFileSync } from 'node:fs';

/** kB by the name of the counter. */
export type Counters = Readonly<Record<string, number>>;

/** Counters that only the process itself may change; the kernel cleans dirty pages by itself, and Pss and Shared_* are also about others. */
const COUNTER = /^(Rss|Anonymous|LazyFree|AnonHugePages|ShmemPmdMapped|FilePmdMapped|Swap|Locked): +(\d+) kB$/;

/** What borrowing below the stack pointer may touch of the stack, in kB. */
export const BORROWED = 16;

/** What smaps counts of each mapping, by its line of maps. */
export function countersOf(pid: number): Map<string, Counters> {
  const counters = new Map<string, Counters>();
  let own: Record<string, number> = {};
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const [, name, size] = COUNTER.exec(line) ?? [];
    if (name !== undefined) own[name] = Number(size);
    else if (/^[0-9a-f]+-/.test(line)) counters.set(line, (own = {}));
  }
  return counters;
}

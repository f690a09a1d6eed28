/** Does `work` for each item, at most `jobs` at a time. @throws the first failure, after those under way have ended */
export async function inPool<T>(items: readonly T[], jobs: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(jobs, items.length) }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

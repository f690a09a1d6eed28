/** What this run's random numbers begin with: ELFREEZE_SEED, or a new one. Titles and failures name it. */
export const SEED = Number(process.env['ELFREEZE_SEED'] ?? Date.now() % 1_000_000_007);

/** How often: a positive number from the environment, or the default for every day. */
export function count(variable: string, everyDay: number): number {
  const wanted = Number(process.env[variable] ?? everyDay);
  if (!Number.isInteger(wanted) || wanted < 1) throw new Error(`${variable} is a count`);
  return wanted;
}

/** Numbers in [0, 1), the same for the same seed and name. @source mulberry32, with FNV-1a of the name */
export function random(name: string): () => number {
  let state = SEED ^ 0x811c9dc5;
  for (const char of name) state = Math.imul(state ^ char.charCodeAt(0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The line that repeats a test with the same random numbers. @param file without its ending */
export function rerun(file: string, title: string, counts: Readonly<Record<string, number>> = {}): string {
  const set = Object.entries({ ELFREEZE_SEED: SEED, ...counts }).map(([name, value]) => `${name}=${value}`);
  return `${set.join(' ')} npm run test:lab -- robustness/${file} -t '${title}'`;
}

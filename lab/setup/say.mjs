/** What the set-up prints goes to stderr, so that a command's own output stays its own. */
export function say(line) {
  process.stderr.write(`set-up: ${line}\n`);
}

/** One line that says what is wrong and what to do, then the end. @returns never */
export function fail(line) {
  say(line);
  process.exit(1);
}

/** Seconds since a performance.now(). */
export function since(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

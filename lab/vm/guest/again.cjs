// again.cjs MAIN: runs a command line again and again in one process, which under an emulator takes a fraction of the time: Node and the
// command's code are started once. A line of standard input is a JSON array, the arguments of a run; when it has ended, NUL, its exit
// status and a newline follow what it wrote to standard output and to standard error.
const { readSync, writeSync } = require('node:fs');

const [node, , main] = process.argv;
const chunk = Buffer.alloc(4096);
let read = '';
let runs = 0;

process.on('beforeExit', () => {
  if (runs > 0) for (const fd of [1, 2]) writeSync(fd, `\0${process.exitCode ?? 0}\n`);
  const line = nextLine();
  if (line === undefined) return;
  runs += 1;
  process.exitCode = undefined;
  process.argv = [node, main, ...JSON.parse(line)];
  delete require.cache[main];
  require(main);
  // Without anything to wait for the process would end, instead of coming here again.
  setImmediate(() => undefined);
});

/** Waits, as nothing else is to be done. */
function nextLine() {
  while (!read.includes('\n')) {
    const length = readSync(0, chunk);
    if (length === 0) return undefined;
    read += chunk.toString('utf8', 0, length);
  }
  const end = read.indexOf('\n');
  const line = read.slice(0, end);
  read = read.slice(end + 1);
  return line;
}

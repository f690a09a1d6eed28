// Freezes a process that has something in memory, looks at the image, continues it, and sees that nothing is lost.
// node docs/example.mjs
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { compare, freeze, readImage } from 'elfreeze';

const directory = await mkdtemp(join(tmpdir(), 'elfreeze-example-'));
const output = join(directory, 'adder.elf');

// It adds up the numbers it reads; the sum is in its memory and nowhere else.
const adder = spawn('sh', ['-c', 'sum=0; while read n; do sum=$((sum + n)); echo $sum; done']);
console.log('before:', await add(adder, 20));

await freeze(adder.pid, { output, kill: true });

const image = readImage(output);
const { comm, mappings, threads } = image.description.snapshot;
console.log('frozen:', comm, mappings.length > 10, 'threads:', threads.length);
image[Symbol.dispose]();

// ELFREEZE_STOP stops it before its first own instruction.
const continued = spawn(output, { env: { ELFREEZE_STOP: '1' } });
while ((await stateOf(continued.pid)) !== 'T') await delay(5);
const { same, differences } = await compare(output, continued.pid);
console.log('same:', same, differences);

continued.kill('SIGCONT');
console.log('after:', await add(continued, 22));

continued.stdin.end();
await once(continued, 'exit');
await rm(directory, { recursive: true });

async function add(child, number) {
  child.stdin.write(`${number}\n`);
  const [line] = await once(child.stdout, 'data');
  return Number(line);
}

async function stateOf(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  return stat.at(stat.lastIndexOf(')') + 2);
}

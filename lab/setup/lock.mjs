import { accessSync, constants, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';
import { fail, say } from './say.mjs';

const LOCK = join(ROOT, '.cache', 'set-up.lock');
const WAIT_MS = 15 * 60_000;

let held = false;

/** Holds, until this process ends, the one lock of this checkout. A lock whose owner is gone is taken over. */
export function holdLock() {
  if (held) return;
  try {
    mkdirSync(join(ROOT, '.cache'), { recursive: true });
    accessSync(join(ROOT, '.cache'), constants.W_OK);
  } catch (error) {
    fail(`something is to be set up, and ${ROOT} cannot be written (${error.code}): let its owner run this once`);
  }
  const deadline = Date.now() + WAIT_MS;
  for (let told = false; !tryLock(); sleep(100)) {
    if (!told) say(`waiting for another set-up of this checkout (pid ${owner(LOCK)})`);
    told = true;
    if (Date.now() > deadline) fail(`gave up waiting: if no other set-up runs, remove ${LOCK}`);
  }
}

function tryLock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    held = true;
    process.once('exit', () => rmSync(LOCK, { force: true }));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const pid = owner(LOCK);
  if (pid !== undefined && !alive(pid)) removeStale();
  return false;
}

/** Removes a dead owner's lock; puts it back if it turns out that someone alive has taken it over meanwhile. */
function removeStale() {
  const aside = `${LOCK}.${process.pid}`;
  try {
    renameSync(LOCK, aside);
    const pid = owner(aside);
    if (pid !== undefined && alive(pid)) linkSync(aside, LOCK);
    rmSync(aside);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
}

/** The pid in a lock; undefined while it is being written or was just removed. */
function owner(path) {
  try {
    return Number(readFileSync(path, 'utf8')) || undefined;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

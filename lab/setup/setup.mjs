// Makes a fresh clone ready for a script. Plain Node, needs nothing installed; quick when there is nothing to do.
// Run by npm before the script of that name: node lab/setup/setup.mjs check|test|bench|demo|matrix|build|generate [--images]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDebianPackages } from './debian.mjs';
import { isWithoutContainers } from './engine.mjs';
import { builtFrom, fingerprint } from './fingerprint.mjs';
import { holdLock } from './lock.mjs';
import { ROOT } from './paths.mjs';
import { fail, say, since } from './say.mjs';

/** What each script needs apart from Debian packages, which debian.mjs lists. */
const NEEDS = {
  check: { build: false },
  build: { build: false },
  generate: { build: false },
  test: { build: true },
  bench: { build: true },
  demo: { build: true },
  matrix: { build: true },
};

const what = process.argv[2];
const needs = NEEDS[what];
if (needs === undefined) fail(`usage: node lab/setup/setup.mjs ${Object.keys(NEEDS).join('|')}`);

ensureNode();
ensureDebianPackages(what);
ensureNpmPackages();
if (needs.build) ensureBuild();
if (process.argv.includes('--images')) ensureImages();

function ensureNode() {
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).engines.node.replace('>=', '');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  fail(`Node ${process.versions.node} is too old: please install Node ${wanted} or newer`);
}

/** Whether node_modules holds what package-lock.json says, by the record that npm leaves in it. */
function npmReady() {
  const record = join(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  // Optional packages for other machines are rightly absent.
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || (installed[path] === undefined ? optional : installed[path].version === version),
  );
}

function ensureNpmPackages() {
  if (npmReady()) return;
  holdLock();
  if (npmReady()) return;
  const start = performance.now();
  say('installing npm packages (npm ci)');
  const [command, ...first] = npm();
  const args = [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail(`npm ci failed (${error?.message ?? `status ${status}`}); the lines above say why`);
  say(`npm packages done in ${since(start)}`);
}

function ensureBuild() {
  if (builtFrom() === fingerprint()) return;
  holdLock();
  if (builtFrom() === fingerprint()) return;
  const start = performance.now();
  say('building dist');
  const { status } = spawnSync(process.execPath, [join(ROOT, 'lab/setup/build.mjs'), '--locked'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) fail('the build failed; the lines above say why');
  say(`dist done in ${since(start)}`);
}

/** Before the tests: each of them would wait for the same minutes otherwise. */
function ensureImages() {
  if (isWithoutContainers()) return say('no container engine of this user: cells run on this host');
  const start = performance.now();
  const lab = join(ROOT, 'bin/elfreeze-lab');
  const { status } = spawnSync(process.execPath, [lab, 'images'], { cwd: ROOT, stdio: ['ignore', 'ignore', 2] });
  if (status !== 0) fail('no images for containers; without them: ELFREEZE_LAB_PLACE=host npm test');
  if (performance.now() - start > 5000) say(`images done in ${since(start)}`);
}

/** npm, preferably the one that runs us. */
function npm() {
  const self = process.env.npm_execpath;
  return self === undefined ? ['npm'] : [process.execPath, self];
}

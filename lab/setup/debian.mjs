import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasEngine } from './engine.mjs';
import { fail, say, since } from './say.mjs';

/**
 * Debian packages: one row each. `probe` is a file that is there once the package is; `for` names what needs it.
 * `unless` tells that this machine does without. Recommended packages are not installed along, so gcc's libc6-dev has its own row.
 */
export const PACKAGES = [
  {
    name: 'gcc',
    probe: '/usr/bin/gcc',
    for: ['demo', 'test', 'bench', 'matrix', 'generate'],
    why: 'compiles the targets',
  },
  {
    name: 'libc6-dev',
    probe: '/usr/include/stdio.h',
    for: ['demo', 'test', 'bench', 'matrix', 'generate'],
    why: 'C headers',
  },
  { name: 'gcc-multilib', probe: '/usr/lib32/libc.a', for: ['test', 'matrix', 'generate'], why: 'i386 targets' },
  { name: 'musl-tools', probe: '/usr/bin/musl-gcc', for: ['test', 'matrix'], why: 'musl targets' },
  { name: 'binutils', probe: '/usr/bin/readelf', for: ['test', 'generate'], why: 'readelf, nm, objcopy' },
  { name: 'strace', probe: '/usr/bin/strace', for: ['check', 'test'], why: 'traces an image in a unit test' },
  { name: 'libxml2-utils', probe: '/usr/bin/xmllint', for: ['check', 'test'], why: 'validates JUnit XML' },
  { name: 'chromium', probe: '/usr/bin/chromium', for: ['test'], why: "opens the lab's report" },
  { name: 'elfutils', probe: '/usr/bin/eu-elflint', for: ['test'], why: 'a second reader of ELF' },
  { name: 'gdb', probe: '/usr/bin/gdb', for: ['test', 'bench'], why: 'opens the images; gcore' },
  { name: 'qemu-system-x86', probe: '/usr/bin/qemu-system-x86_64', for: ['test', 'matrix'], why: 'runs other kernels' },
  { name: 'busybox-static', probe: '/bin/busybox', for: ['test'], why: 'a static real program' },
  { name: 'gawk', probe: '/usr/bin/gawk', for: ['test'], why: 'a real program' },
  { name: 'jq', probe: '/usr/bin/jq', for: ['test'], why: 'a real program' },
  { name: 'perl', probe: '/usr/bin/perl', for: ['test'], why: 'a real program' },
  { name: 'python3', probe: '/usr/bin/python3', for: ['test'], why: 'a real program' },
  { name: 'sqlite3', probe: '/usr/bin/sqlite3', for: ['test'], why: 'a real program' },
  { name: 'docker.io', probe: '/usr/sbin/dockerd', for: ['test'], unless: hasEngine, why: 'containers of the lab' },
  {
    name: 'debootstrap',
    probe: '/usr/sbin/debootstrap',
    for: ['test'],
    why: 'their images, where no registry is in reach',
  },
  {
    name: 'xz-utils',
    probe: '/usr/bin/xz',
    for: ['test', 'matrix'],
    why: 'a real program, and how kernels pack modules',
  },
];

/** Installs what `what` needs and this machine lacks: as root by apt-get; otherwise says what to install, and ends. */
export function ensureDebianPackages(what) {
  const missing = PACKAGES.filter((row) => row.for.includes(what) && !existsSync(row.probe) && !row.unless?.());
  if (missing.length === 0) return;
  const names = missing.map((row) => row.name).join(' ');
  if (!existsSync('/usr/bin/apt-get')) {
    say(`not a Debian system: please install what these Debian packages hold, or expect failures: ${names}`);
    return;
  }
  if (process.getuid() !== 0) fail(`not root: please run: sudo apt-get install ${names}`);

  say(`installing ${missing.length} Debian packages:`);
  for (const row of missing) say(`  ${row.name.padEnd(15)} ${row.why}`);
  apt('package lists', ['update']);
  apt('packages', ['install', '--yes', '--no-install-recommends', ...missing.map((row) => row.name)]);
  const still = missing.filter((row) => !existsSync(row.probe));
  if (still.length > 0)
    fail(`apt-get installed ${still.map((row) => `${row.name}, but ${row.probe} is still missing`).join('; ')}`);
}

/** Runs apt-get without questions; what it printed is shown only if it fails. */
function apt(title, args) {
  const start = performance.now();
  const scratch = mkdtempSync(join(tmpdir(), 'elfreeze-apt-'));
  const log = openSync(join(scratch, 'log'), 'w');
  const options = ['-q', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3', '-o', 'Dpkg::Use-Pty=0'];
  const { status, signal, error } = spawnSync('apt-get', [...options, ...args], {
    stdio: ['ignore', log, log],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
  });
  const printed = readFileSync(join(scratch, 'log'), 'utf8').trimEnd().split('\n');
  rmSync(scratch, { recursive: true });
  if (status !== 0) {
    for (const line of printed.slice(-20)) say(`  | ${line}`);
    fail(`apt-get ${args[0]} failed (${error?.message ?? signal ?? `status ${status}`})`);
  }
  say(`${title} done in ${since(start)}`);
}

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

const FOLDER = join(ROOT, 'src/restorer');
const GENERATED = 'restorer.generated.ts';

/** The compiler whose output is committed: Debian 12's. Another one may rightly give other bytes. */
const GCC = '12.2.0';

/** Is the committed machine code what the sources give? Compiled anew in a copy; skipped where that says nothing. */
export function checkGenerated() {
  const version = spawnSync('gcc', ['-dumpfullversion'], { encoding: 'utf8' }).stdout?.trim() ?? 'missing';
  if (version !== GCC) return skipped(`the committed bytes are gcc ${GCC}'s, here it is ${version}`);
  const i386 = spawnSync('gcc', ['-m32', '-print-libgcc-file-name'], { encoding: 'utf8' }).stdout.trim();
  if (!i386.includes('/32/')) return skipped('gcc-multilib is not installed');

  const copy = mkdtempSync(join(tmpdir(), 'elfreeze-generated-'));
  try {
    cpSync(FOLDER, copy, { recursive: true });
    const { status, stderr } = spawnSync(process.execPath, ['build.mjs'], { cwd: copy, encoding: 'utf8' });
    if (status !== 0) return failed(`build.mjs failed:\n${stderr}`);
    const same = readFileSync(join(copy, GENERATED)).equals(readFileSync(join(FOLDER, GENERATED)));
    return same
      ? { passed: 1, failed: 0, skipped: 0 }
      : failed(`${GENERATED} is not what its sources give: npm run generate`);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function skipped(why) {
  return { passed: 0, failed: 0, skipped: 1, note: `: skipped: ${why}` };
}

function failed(why) {
  return { passed: 0, failed: 1, skipped: 0, note: `: ${why}` };
}

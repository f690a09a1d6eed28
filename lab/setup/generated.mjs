import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileAll } from './machine-code.mjs';
import { ROOT } from './paths.mjs';

/** The compiler whose output is committed: Debian 12's. Another one may rightly give other bytes. */
const GCC = '12.2.0';

/** Is the committed machine code what the sources give? Compiled anew; skipped where that says nothing. */
export function checkGenerated() {
  const version = spawnSync('gcc', ['-dumpfullversion'], { encoding: 'utf8' }).stdout?.trim() ?? 'missing';
  if (version !== GCC) return skipped(`the committed bytes are gcc ${GCC}'s, here it is ${version}`);
  const i386 = spawnSync('gcc', ['-m32', '-print-libgcc-file-name'], { encoding: 'utf8' }).stdout.trim();
  if (!i386.includes('/32/')) return skipped('gcc-multilib is not installed');

  try {
    const stale = compileAll().filter(({ output, text }) => readFileSync(join(ROOT, output), 'utf8') !== text);
    if (stale.length === 0) return { passed: 1, failed: 0, skipped: 0 };
    return failed(`not what its sources give: ${stale.map(({ output }) => output).join(', ')}: npm run generate`);
  } catch (error) {
    return failed(`${error.message}\n${error.stderr ?? ''}`);
  }
}

function skipped(why) {
  return { passed: 0, failed: 0, skipped: 1, note: `: skipped: ${why}` };
}

function failed(why) {
  return { passed: 0, failed: 1, skipped: 0, note: `: ${why}` };
}

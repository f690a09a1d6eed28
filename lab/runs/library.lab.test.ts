import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Compiler } from '../compile.ts';
import { ROOT } from '../root.ts';

const run = promisify(execFile);
/** Starts programs without the descriptors that the tests themselves were started with. */
const { start } = await (await Compiler.find()).tools();
const EXAMPLE = join(ROOT, 'docs/example.mjs');

/** The library as its users have it: the built package, by its name. */
const script = (source: string) => run(process.execPath, ['--input-type=module', '-e', source], { cwd: ROOT });

describe('the library', () => {
  it('does what its example shows, and prints what the documentation says', async () => {
    const { stdout } = await run(start, [process.execPath, EXAMPLE], { cwd: ROOT });
    const page = await readFile(join(ROOT, 'docs/library.md'), 'utf8');
    expect(page).toContain(`\n\`\`\`\n${stdout}\`\`\`\n`);
    expect(page).toContain(`\`\`\`js\n${await readFile(EXAMPLE, 'utf8')}\`\`\`\n`);
  });

  it.each([
    ['freeze(1 << 30)', 'NO_SUCH_PROCESS'],
    ['freeze(process.pid, { output: "/dev/null" })', 'OUTPUT_EXISTS'],
    ['freeze("-1")', 'USAGE'],
    ['compare("/nowhere", 1)', 'NO_SUCH_FILE'],
    ['(async () => readImage(process.execPath))()', 'IMAGE_INVALID'],
  ])('%s fails with %s', async (call, code) => {
    const source = `import { compare, ElfreezeError, freeze, readImage } from 'elfreeze';
      const error = await ${call}.catch((each) => each);
      console.log(error instanceof ElfreezeError, error.code);`;
    expect((await script(source)).stdout).toBe(`true ${code}\n`);
  });
});

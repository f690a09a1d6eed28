import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';
import { dir as temporaryDirectory } from 'tmp-promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { lacksArch } from '../i386.ts';
import { ROOT } from '../root.ts';
import { MARKS } from './compatibility.ts';
import { parseRun } from './record.ts';

const run = promisify(execFile);
const lab = (...args: readonly string[]) =>
  run(process.execPath, [join(ROOT, 'bin/elfreeze-lab'), ...args], { cwd: ROOT, maxBuffer: 64 << 20 });

const ARCH = lacksArch('i386') === undefined ? 'i386' : 'x86-64';
/** Needs no containers. */
const HERE = ['--freeze-in', 'host', '--restore-in', 'host'] as const;

let scratch: Awaited<ReturnType<typeof temporaryDirectory>>;
let json = '';
const at = (name: string) => join(scratch.path, name);

beforeAll(async () => {
  scratch = await temporaryDirectory({ prefix: 'elfreeze-report-', unsafeCleanup: true });
  const cells = [`brk-unaligned/${ARCH}/pie`, 'socket-refused-datagram/x86-64/pie'];
  const files = ['--junit', at('run.xml'), '--html', at('run.html')];
  ({ stdout: json } = await lab('run', ...cells, ...HERE, '--json', ...files));
  await writeFile(at('run.json'), json);
});

afterAll(() => scratch.cleanup());

/** What a page has been given to draw. */
async function runInside(name: string): Promise<unknown> {
  const [, text = ''] = /<script id="run"[^>]*>([^<]*)</.exec(await readFile(at(name), 'utf8')) ?? [];
  return JSON.parse(inflateRawSync(Buffer.from(text, 'base64')).toString('utf8')) as unknown;
}

describe('what elfreeze-lab run leaves', () => {
  it('is JSON as its published schema says', async () => {
    const schema = JSON.parse(await readFile(join(ROOT, 'dist/lab-run.schema.json'), 'utf8')) as Parameters<
      typeof z.fromJSONSchema
    >[0];
    expect(z.fromJSONSchema(schema).safeParse(JSON.parse(json)).error).toBeUndefined();
    const { verdict, ...rest } = parseRun(json).cells[0]!;
    expect(verdict).toEqual({ outcome: 'same' });
    const broken = { ...JSON.parse(json), cells: [{ ...rest, verdict: { outcome: 'fine' } }] };
    expect(z.fromJSONSchema(schema).safeParse(broken).success).toBe(false);
  });

  it('is JUnit XML that validates, one case for each cell', async () => {
    const xsd = join(ROOT, 'lab/report/testdata/junit.xsd');
    await run('xmllint', ['--noout', '--schema', xsd, at('run.xml')]);
    const xml = await readFile(at('run.xml'), 'utf8');
    expect(xml.match(/<testcase [^>]*>/g)).toEqual([
      expect.stringContaining(`classname="brk-unaligned.${ARCH}"`),
      expect.stringContaining('classname="socket-refused-datagram.x86-64"'),
    ]);
    expect(xml).toContain('<skipped>');
  });

  it('is the page that report makes of the JSON', async () => {
    await lab('report', at('run.json'), '--html', at('again.html'), '--junit', at('again.xml'));
    for (const name of ['run.html', 'again.html']) expect(await runInside(name)).toEqual(JSON.parse(json));
    expect(await readFile(at('again.xml'), 'utf8')).toBe(await readFile(at('run.xml'), 'utf8'));
  });
});

describe('report', () => {
  it('puts the table of parts of a run into a page, and leaves a page without marks alone', async () => {
    const page = `# Kernels\n\n${MARKS.start}\n${MARKS.end}\n`;
    await writeFile(at('kernels.md'), page);
    await lab('report', at('run.json'), at('run.json'), '--table', at('kernels.md'));
    const rows = (await readFile(at('kernels.md'), 'utf8')).split('\n').filter((line) => line.includes('`'));
    expect(rows).toEqual([
      expect.stringMatching(new RegExp(`\`brk-unaligned/${ARCH}/pie\` \\| ✓ \\|$`)),
      expect.stringMatching(/`socket-refused-datagram\/x86-64\/pie` \| a \|$/),
    ]);
    await writeFile(at('other.md'), '# Other\n');
    await expect(lab('report', at('run.json'), '--table', at('other.md'))).rejects.toMatchObject({
      stderr: expect.stringContaining('the page has no place for the table') as string,
    });
    expect(await readFile(at('other.md'), 'utf8')).toBe('# Other\n');
  });

  it('refuses what is no record of a run, and to write nothing', async () => {
    await writeFile(at('other.json'), '{}');
    await expect(lab('report', at('other.json'), '--html', at('other.html'))).rejects.toMatchObject({
      stderr: expect.stringContaining('this is no record of a run, version 1: ') as string,
    });
    await expect(lab('report', at('run.json'))).rejects.toMatchObject({
      stderr: 'elfreeze-lab: nothing to write: give --junit FILE, --html FILE or --table PAGE\n',
    });
  });
});

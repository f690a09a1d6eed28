import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dir as temporaryDirectory } from 'tmp-promise';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { CACHE } from '../root.ts';
import { Browser } from './browser.ts';
import { formatHtml } from './html.ts';
import { type CellRecord, parseRun, type RunRecord } from './record.ts';
import { sampleCell, sampleRun } from './sample.ts';

/** Looked at by people after the test. */
const SCREENSHOTS = join(CACHE, 'report-matrix');
const FREEZE = ['5.10', '6.1', '6.12', '6.16', '6.18', '7.0', '7.3'];
const RESTORE = [...FREEZE, '5.10-i386', '6.1-i386', '6.5-i386'];
const TARGETS = ['brk-unaligned/x86-64/pie', 'tls/i386/pie', 'rseq/x86-64/pie'];
const CONSOLE = 'Run /init as init process\nKernel panic - not syncing: sysrq triggered crash';

function verdictOf(name: string, freeze: string, restore: string): CellRecord['verdict'] {
  if (restore.endsWith('i386') && name.includes('x86-64'))
    return { outcome: 'unsupported', feature: 'image of a 64-bit process' };
  if (freeze === '6.1' && restore === '6.16')
    return { outcome: 'infra', cause: 'the guest ended by itself', console: CONSOLE };
  if (freeze === '6.12' && restore === '7.0' && name.startsWith('tls'))
    return { outcome: 'differs', differences: [{ kind: 'bytes', at: '0x601234', before: '00', after: 'ff' }] };
  return { outcome: 'same' };
}

const place = (name: string) => ({ name: `Linux ${name}`, kernel: `linux-image-${name} ${name}.1-1` });
const cells = FREEZE.flatMap((freeze) =>
  RESTORE.flatMap((restore) =>
    TARGETS.map((name) => {
      const [target, arch, linkage] = name.split('/') as [string, 'i386', string];
      const places = { freeze: place(freeze), restore: place(restore) };
      return sampleCell({ name, target, arch, linkage, places, verdict: verdictOf(name, freeze, restore) });
    }),
  ),
);
const run: RunRecord = { ...sampleRun(cells), notes: ['Linux 6.1-i386: restored on only'] };

let scratch: Awaited<ReturnType<typeof temporaryDirectory>>;
let browser: Browser;

beforeAll(async () => {
  scratch = await temporaryDirectory({ prefix: 'elfreeze-report-', unsafeCleanup: true });
  await writeFile(join(scratch.path, 'matrix.html'), formatHtml(parseRun(JSON.stringify(run))));
  await mkdir(join(scratch.path, 'profile'));
  browser = await Browser.start(join(scratch.path, 'profile'));
  await mkdir(SCREENSHOTS, { recursive: true });
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await scratch?.cleanup();
});

beforeEach(async () => {
  await browser.page.goto('about:blank');
  await browser.page.goto(pathToFileURL(join(scratch.path, 'matrix.html')).href);
});

const texts = (selector: string) => browser.page.locator(selector).allInnerTexts();
const field = (freeze: string, restore: string) =>
  browser.page.getByRole('button', { name: `frozen on Linux ${freeze}, continued on Linux ${restore}:` });

it('has a field for each pair of kernels, which tells how many cells are the same, refused and wrong', async () => {
  await expect.poll(() => texts('.heat-map thead th')).toEqual(RESTORE);
  await expect.poll(() => texts('.heat-map tbody th')).toEqual(FREEZE);
  await expect.poll(() => browser.page.locator('.field').count()).toBe(FREEZE.length * RESTORE.length);
  const words = async (freeze: string, restore: string) => (await field(freeze, restore).innerText()).split(/\s+/);
  expect(await words('5.10', '7.3')).toEqual(['3']);
  expect(await words('5.10', '6.1-i386')).toEqual(['1', '+2']);
  expect(await words('6.12', '7.0')).toEqual(['1!', '2']);
  expect(await field('6.1', '6.16').getAttribute('aria-label')).toMatch(/: 3 infra$/);
  await expect.poll(() => texts('.quiet')).toContain('Linux 6.1-i386: restored on only');
});

it('opens a field to its cells, with their verdicts and reasons, and closes it again', async () => {
  await field('5.10', '6.1-i386').click();
  await expect.poll(() => texts('.cells tbody .verdict')).toEqual(['unsupported', 'same', 'unsupported']);
  await expect
    .poll(() => texts('.cells tbody .reason'))
    .toEqual(['image of a 64-bit process', 'image of a 64-bit process']);
  await expect
    .poll(() => texts('.count'))
    .toEqual([`3 of ${cells.length} cells, frozen on Linux 5.10, continued on Linux 6.1-i386 all pairs`]);
  await expect.poll(() => texts('.tile')).toEqual(['0 differs', '0 infra', '2 unsupported', '1 same']);
  await field('5.10', '6.1-i386').click();
  await expect.poll(() => texts('.count')).toEqual([`${cells.length} cells`]);
});

it('tells what differs, and the end of the console of a guest that failed', async () => {
  await field('6.12', '7.0').click();
  await expect.poll(() => texts('.cells tbody .reason')).toEqual(['bytes 0x601234: ff, was 00']);
  await field('6.1', '6.16').click();
  const failed = browser.page.locator('.cells tbody details').first();
  expect(await failed.locator('pre').isVisible()).toBe(false);
  await failed.locator('summary').click();
  await expect.poll(() => failed.locator('pre').innerText()).toBe(`the guest ended by itself\n\n${CONSOLE}`);
  await browser.page.locator('.cells tbody a').first().click();
  await expect.poll(() => texts('.cell pre')).toEqual([`the guest ended by itself\n\n${CONSOLE}`]);
  await expect.poll(() => texts('.cell .facts li')).toContain('frozen in Linux 6.1 (linux-image-6.1 6.1.1-1)');
});

it.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 390],
  ['dark', 390],
] as const)('fits a %s screen of %i pixels', async (colorScheme, width) => {
  const { page } = browser;
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width, height: 900 });
  await field('6.1', '6.16').click();
  await page.locator('.cells tbody details summary').first().click();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  // All kernels are seen at once.
  expect(await page.evaluate(`document.querySelector('.heat-map').parentElement.scrollWidth`)).toBeLessThanOrEqual(
    width,
  );
  await page.screenshot({ path: join(SCREENSHOTS, `matrix-${colorScheme}-${width}.png`), fullPage: true });
});

it('asks for nothing outside of its file', () => {
  const outside = browser.requests.filter((url) => !url.endsWith('/matrix.html') && url !== 'about:blank');
  expect(outside).toEqual([]);
  expect(browser.complaints).toEqual([]);
});

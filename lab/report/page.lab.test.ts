import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dir as temporaryDirectory } from 'tmp-promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cell, selectCells } from '../cell.ts';
import { Compiler } from '../compile.ts';
import { lacksArch } from '../i386.ts';
import { FAULTS } from '../judge/faults.ts';
import { PLANT, runOnce, SpoiltPlace } from '../judge/planted.ts';
import { Host } from '../places/host.ts';
import type { Place } from '../places/place.ts';
import { CACHE } from '../root.ts';
import { Browser } from './browser.ts';
import { formatHtml } from './html.ts';
import { type CellRecord, parseRun, type RunRecord } from './record.ts';
import { recordCell, recordRun } from './recording.ts';

/** Looked at by people after the test. */
const SCREENSHOTS = join(CACHE, 'report');
const FAULT = FAULTS.find(({ name }) => name === 'one flipped byte of the heap')!;

const started = new Date();
let scratch: Awaited<ReturnType<typeof temporaryDirectory>>;
let browser: Browser;
let run: RunRecord;
let spoilt: CellRecord;

/** A real run: cells that are right, one that is refused, one into which a fault is planted. */
beforeAll(async () => {
  const compiler = await Compiler.find();
  const interrupted = new AbortController().signal;
  await using host = await Host.open(interrupted);
  const runCell = async (cell: Cell, place: Place = host) => recordCell(cell, await runOnce(cell, place, interrupted));
  const select = (...selectors: string[]) => selectCells({ selectors, arches: [], linkages: [] });
  const cells: CellRecord[] = [];
  for (const cell of select(
    lacksArch('i386') === undefined ? 'brk-unaligned/i386/pie' : 'brk-unaligned/x86-64/static',
    'socket-refused-datagram/x86-64/pie',
    'many-mappings/x86-64/static',
  ))
    cells.push(await runCell(cell));
  const [cell] = select('brk-unaligned/x86-64/pie');
  spoilt = await runCell(cell!, new SpoiltPlace(host, FAULT, await compiler.tool(PLANT)));
  cells.push(spoilt);
  run = parseRun(JSON.stringify(recordRun({ started, cells, leftOut: [], compiler: compiler.name, seed: '42' })));

  scratch = await temporaryDirectory({ prefix: 'elfreeze-report-', unsafeCleanup: true });
  await writeFile(join(scratch.path, 'report.html'), formatHtml(run));
  await mkdir(join(scratch.path, 'profile'));
  browser = await Browser.start(join(scratch.path, 'profile'));
  await rm(SCREENSHOTS, { recursive: true, force: true });
  await mkdir(SCREENSHOTS, { recursive: true });
  process.stdout.write(`screenshots of the report: ${SCREENSHOTS}\n`);
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await scratch?.cleanup();
});

const address = () => pathToFileURL(join(scratch.path, 'report.html')).href;
const open = async (hash = '') => {
  await browser.page.goto('about:blank');
  await browser.page.goto(`${address()}${hash}`);
};
const texts = (selector: string) => browser.page.locator(selector).allInnerTexts();
const differenceOf = (cell: CellRecord) =>
  cell.verdict.outcome === 'differs' ? cell.verdict.differences.find(({ page }) => page !== undefined)! : undefined!;

describe('the overview', () => {
  it('has a line for each cell, with its verdict', async () => {
    await open();
    await expect.poll(() => texts('.cells tbody .verdict')).toEqual(run.cells.map(({ verdict }) => verdict.outcome));
    await expect.poll(() => texts('.cells tbody a')).toEqual(run.cells.map(({ target }) => target));
    await expect.poll(() => texts('.tile')).toEqual(['1 differs', '0 infra', '1 unsupported', '2 same']);
    await expect.poll(() => texts('.facts')).toEqual([expect.stringContaining('seed 42')]);
  });

  it('shows only the cells of a verdict, an architecture, a word', async ({ skip }) => {
    const lack = lacksArch('i386');
    skip(lack !== undefined, lack);
    await open();
    const { page } = browser;
    const shown = () => texts('.cells tbody a');
    await page.getByRole('button', { name: 'differs' }).click();
    await expect.poll(shown).toEqual(['brk-unaligned']);
    await page.getByRole('button', { name: 'same' }).click();
    await expect.poll(shown).toHaveLength(3);
    await expect.poll(() => texts('.count')).toEqual(['3 of 4 cells']);
    await page.getByRole('combobox', { name: 'arch' }).selectOption('i386');
    await expect.poll(shown).toEqual(['brk-unaligned']);
    await page.getByRole('combobox', { name: 'arch' }).selectOption('');
    await page.getByLabel('target', { exact: true }).fill('600 many');
    await expect.poll(shown).toEqual(['many-mappings']);
  });

  it('keeps its filters while a cell is looked at', async () => {
    await open();
    const { page } = browser;
    await page.getByLabel('target', { exact: true }).fill('brk');
    await page.locator('.cells tbody a').first().click();
    await page.getByRole('link', { name: 'all cells' }).click();
    await expect.poll(() => page.getByLabel('target', { exact: true }).inputValue()).toBe('brk');
    await expect.poll(() => texts('.cells tbody a')).toHaveLength(2);
  });
});

describe('the cell with a planted fault', () => {
  const openSpoilt = () => open(`#/cell/${run.cells.findIndex(({ name }) => name === spoilt.name)}`);

  it('says what differs, to the page and the byte', async () => {
    await openSpoilt();
    const { page } = browser;
    const { at, page: differing } = differenceOf(spoilt);
    await expect.poll(() => texts('.difference h3')).toContain(`bytes ${at}`);
    const offset = differing!.differing[0]!;
    expect(differing!.differing).toEqual([offset]);
    const [was, is] = [differing!.before, differing!.after].map((text) => text.slice(2 * offset, 2 * offset + 2));
    await expect.poll(() => texts('.hexdump b')).toEqual([was, is]);
    await page.locator('.hexdump b').last().hover();
    const place = `0x${(BigInt(differing!.address) + BigInt(offset)).toString(16)}`;
    await expect.poll(() => texts('.told')).toEqual([`${place} was ${was}, is ${is}`]);
    expect(at).toContain(place);
  });

  it('draws every mapping before and after, and every segment between', async () => {
    await openSpoilt();
    const labels = await browser.page
      .locator('.box')
      .evaluateAll((boxes) => boxes.map((box) => box.getAttribute('aria-label') ?? ''));
    const loads = spoilt.image!.segments.filter(({ type }) => type === 'LOAD');
    expect(labels).toHaveLength(spoilt.before!.maps.length + loads.length + spoilt.after!.maps.length);
    for (const line of [...spoilt.before!.maps, ...spoilt.after!.maps]) {
      const start = `${line.start.slice(2)}-${line.end.slice(2)} ${line.permissions} `;
      expect(labels.filter((label) => label.startsWith(start))).not.toEqual([]);
    }
    await expect
      .poll(() => texts('.breaks'))
      .toEqual([
        expect.stringMatching(
          new RegExp(
            `start_brk ${spoilt.before!.startBrk} before, ${spoilt.after!.startBrk} after · brk ${spoilt.image!.brk.end},`,
          ),
        ),
      ]);
  });

  it('tells the line of a mapping, its segment and its difference to the mouse and to the keyboard', async () => {
    await openSpoilt();
    const { page } = browser;
    const heap = spoilt.after!.maps.find(({ path }) => path === '[heap]')!;
    const segment = spoilt.image!.segments.find(({ type, start }) => type === 'LOAD' && start === heap.start)!;
    const told = page.locator('.told-line');
    await page.locator(`.box[aria-label$="[heap]"]`).last().hover();
    const expected = [
      `${heap.start.slice(2)}-${heap.end.slice(2)} rw-p 00000000 [heap]`,
      `from LOAD ${segment.index} (at ${segment.offset}), made anonymous`,
      `bytes ${differenceOf(spoilt).at}`,
    ];
    for (const text of expected) await expect.poll(() => told.innerText()).toContain(text);
    // From the rectangle that the mouse is on the arrow keys go on.
    await page.locator('.box.chosen').focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => told.innerText()).toMatch(new RegExp(`^image LOAD ${segment.index} `));
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => told.innerText()).toMatch(/^before .*\[heap\]/);
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => told.innerText()).not.toContain('[heap]');
  });

  it('has the registers that differ, the restore steps, and the time of each phase', async () => {
    await openSpoilt();
    const { page } = browser;
    const { registers: before } = spoilt.before!;
    const { registers: after } = spoilt.after!;
    const differing = Object.keys(before!).filter((name) => before![name] !== after![name]);
    expect(differing).toContain('rip');
    await expect.poll(() => texts('.registers tbody th')).toEqual(differing);
    await page.getByLabel('all registers').check();
    await expect.poll(() => texts('.registers tbody th')).toEqual(Object.keys(before!));
    await page.locator('.steps summary').click();
    await expect.poll(() => texts('.steps .sentence')).toEqual(spoilt.image!.steps.map(({ sentence }) => sentence));
    await expect
      .poll(() => texts('.timings .number'))
      .toEqual(spoilt.phases.map(({ milliseconds }) => `${milliseconds} ms`));
  });
});

describe('every cell', () => {
  it('can be opened, and fits the width of a narrow screen and a wide one, in light and in dark', async () => {
    const { page } = browser;
    for (const [scheme, width] of [
      ['light', 1280],
      ['dark', 1280],
      ['light', 390],
      ['dark', 390],
    ] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      for (const [index, { name }] of [undefined, ...run.cells].map(
        (cell, at) => [at - 1, cell ?? { name: 'overview' }] as const,
      )) {
        await open(index === -1 ? '' : `#/cell/${index}`);
        await page.locator('main:visible h1').waitFor();
        expect(await page.evaluate('document.documentElement.scrollWidth'), `${name} at ${width}`).toBe(width);
        const file = `${name.replaceAll('/', '-')}-${scheme}-${width}.png`;
        await page.screenshot({ path: join(SCREENSHOTS, file), fullPage: true });
      }
    }
  });
});

describe('the file', () => {
  it('asks for nothing outside of itself, and its script complains about nothing', () => {
    const outside = browser.requests.filter((url) => new URL(url).pathname !== new URL(address()).pathname);
    expect(outside.filter((url) => url !== 'about:blank')).toEqual([]);
    expect(browser.requests.length).toBeGreaterThan(0);
    expect(browser.complaints).toEqual([]);
  });

  it('would be held back if it did', async () => {
    await open();
    const refused = await browser.page.evaluate(
      `fetch('http://127.0.0.1:9/').then(() => 'answered', (error) => String(error))`,
    );
    expect(refused).toContain('TypeError');
    expect(browser.complaints.join('\n')).toContain('Content Security Policy');
  });
});

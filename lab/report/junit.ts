import type { CellRecord, DifferenceRecord, RunRecord } from './record.ts';

/**
 * One suite, one test case per cell, in the form that both Ant's and Jenkins' schemas allow (testdata/junit.xsd).
 * `unsupported` is skipped, `differs` a failure; `infra` is an error, as it says nothing of elfreeze.
 */
export function formatJunit(run: RunRecord): string {
  const has = (outcome: CellRecord['verdict']['outcome']) =>
    run.cells.filter(({ verdict }) => verdict.outcome === outcome).length;
  const { kernel, processor } = run.machine;
  const facts = { command: run.command, kernel, processor, ...run.versions, ...(run.seed && { seed: run.seed }) };
  return lines([
    '<?xml version="1.0" encoding="UTF-8"?>',
    open('testsuite', {
      name: 'elfreeze-lab',
      // Ant's schema knows no fractions and no zone.
      timestamp: run.started.slice(0, 'YYYY-MM-DDThh:mm:ss'.length),
      hostname: 'localhost',
      tests: run.cells.length,
      failures: has('differs'),
      errors: has('infra'),
      skipped: has('unsupported'),
      time: seconds(run.milliseconds),
    }),
    '  <properties>',
    ...Object.entries(facts).map(([name, value]) => `    ${open('property', { name, value }, '/')}`),
    '  </properties>',
    ...run.cells.flatMap(formatCell),
    `  <system-out>${escape((run.notes ?? []).map((note) => `${note}\n`).join(''))}</system-out>`,
    `  <system-err>${escape(run.leftOut.map(({ what, cells }) => `left out: ${cells} cells: ${what}\n`).join(''))}</system-err>`,
    '</testsuite>',
  ]);
}

function formatCell(cell: CellRecord): string[] {
  const { arch, linkage, target, places, verdict } = cell;
  const classname = `${target}.${arch}`;
  const name = [linkage, ...new Set([places.freeze.name, places.restore.name])].join(' ');
  const attributes = { classname, name, time: seconds(cell.milliseconds) };
  if (verdict.outcome === 'same') return [`  ${open('testcase', attributes, '/')}`];
  return [`  ${open('testcase', attributes)}`, `    ${complaint(cell)}`, '  </testcase>'];
}

function complaint(cell: CellRecord): string {
  const { verdict, rerun, directory } = cell;
  const where = [`rerun: ${rerun}`, ...(directory === undefined ? [] : [`kept: ${directory}`])];
  switch (verdict.outcome) {
    case 'same':
      return '';
    // No attributes: Ant's schema gives `skipped` a type, Jenkins' does not need one.
    case 'unsupported':
      return `<skipped>docs/limits.md: ${escape(verdict.feature)}</skipped>`;
    case 'differs': {
      const told = verdict.differences.map(formatDifference);
      return element('failure', verdict.differences[0]!.kind, told[0]!, [...told, ...where]);
    }
    case 'infra':
      return element('error', 'infra', verdict.cause, [verdict.cause, verdict.console, ...where]);
  }
}

const formatDifference = ({ kind, at, before, after }: DifferenceRecord): string =>
  `${kind} ${at}: ${after}, was ${before}`;

const element = (tag: string, type: string, message: string, text: readonly string[]): string =>
  `${open(tag, { type, message })}${escape(text.filter((line) => line !== '').join('\n'))}</${tag}>`;

const open = (tag: string, attributes: Readonly<Record<string, string | number>>, end = ''): string =>
  `<${tag}${Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escape(String(value)).replaceAll('\n', '&#10;')}"`)
    .join('')}${end}>`;

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(3);
const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** What no XML 1.0 document may hold, not even as a reference. @source XML 1.0, 2.2, Char */
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const escape = (text: string): string =>
  text.replaceAll(NOT_XML, '\ufffd').replaceAll(/[&<>"]/g, (character) => ENTITIES[character]!);

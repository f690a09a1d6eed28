// docs/limits.md says what the code says: its codes and sentences are there, and no refusal lacks its row.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ERRORS } from '../../src/base/errors.ts';
import { ROOT } from '../root.ts';

const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const LIMITS = text('docs/limits.md');

function sources(folder: string): string {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('.generated.ts'))
    .map((name) => text(join(folder, name)))
    .join('\n');
}

/** What a process, or its moment, is refused for. @source sysexits(3) */
const REFUSED_WITH: readonly number[] = [69, 75];

it('names every code with which a process can be refused', () => {
  const codes = Object.entries(ERRORS).flatMap(([code, { exit }]) => (REFUSED_WITH.includes(exit) ? [code] : []));
  expect(codes).toContain('UNSUPPORTED');
  expect(codes.filter((code) => !new RegExp(String.raw`\b${code}\b`).test(LIMITS))).toEqual([]);
});

it('names no code that there is not', () => {
  const [, refusals = ''] = /^## What `freeze` refuses$(.*?)^## /ms.exec(LIMITS) ?? [];
  const columns = refusals
    .split('\n')
    .flatMap((line) => (/^\| [^|]+ \| ((?:`[A-Z_]+` ?)+)\|/.exec(line)?.[1] ?? '').match(/[A-Z_]+/g) ?? []);
  expect(columns).toContain('UNSUPPORTED');
  expect(columns.filter((code) => !(code in ERRORS))).toEqual([]);
});

/** A sentence is put together from a step's words, what stands for names, and `cannot`. */
const piecesOf = (sentence: string): string[] =>
  sentence
    .replace(/^cannot (set )?/, '')
    .split(/…|\b[A-Z][A-Z0-9]*_[A-Z0-9_]*|[0-9]+|\/dev\/tty|avx512f,|\bN\b|\(/)
    .map((piece) => piece.trim())
    .filter((piece) => piece.includes(' ') || piece.length > 3);

it('quotes only what an image can say', () => {
  const [, refusals = ''] = /^## What an image refuses when it is started$(.*?)^### /ms.exec(LIMITS) ?? [];
  const quoted = refusals
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .flatMap((line) =>
      [...(line.split(' | ')[1] ?? '').matchAll(/`([^`]*…[^`]*)`/g)].map(([, sentence = '']) => sentence),
    );
  const code = ['src/plan', 'src/restorer', 'src/snapshot'].map(sources).join('\n') + text('src/restorer/restorer.c');
  expect(quoted.length).toBeGreaterThan(20);
  expect(quoted.filter((sentence) => piecesOf(sentence).some((piece) => !code.includes(piece)))).toEqual([]);
});

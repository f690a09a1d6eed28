import { describe, expect, it } from 'vitest';
import { formatKernel, parseKernel, reached } from './kernel.ts';
import { RULE_IDS, RULES } from './rules.ts';

describe('parseKernel', () => {
  it.each([
    ['6.12', '6.12 (amd64)'],
    ['6.18.44-fc-v669', '6.18.44 (amd64)'],
    ['5.10.0-30-686-pae', '5.10 (i386)'],
    ['6.12.0', '6.12.0 (amd64)'],
    ['6.1-i386', '6.1 (i386)'],
  ])('reads %s', (text, expected) => {
    expect(formatKernel(parseKernel(text))).toBe(expected);
  });

  it('refuses what names no release', () => {
    expect(() => parseKernel('newest')).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  });
});

describe('reached', () => {
  const since = ['6.7', '6.1.140'];
  it.each([
    ['6.6.99', false],
    ['6.7', true],
    ['6.12', true],
    ['7.0.1', true],
    ['5.10.223', false],
    ['6.1.139', false],
    ['6.1.140', true],
    ['6.1', true],
  ])('knows whether %s has what came with 6.7 and 6.1.140', (version, expected) => {
    expect(reached(parseKernel(version).version, since)).toBe(expected);
  });
});

describe('the rows', () => {
  it.each(RULE_IDS)('%s: says what, why and where it can be read', (id) => {
    const { what, why, source, since } = RULES[id];
    expect([what, why, source].every((text) => text.length > 5)).toBe(true);
    expect(since.every((entry) => /^\d+\.\d+(\.\d+)?$/.test(entry))).toBe(true);
  });
});

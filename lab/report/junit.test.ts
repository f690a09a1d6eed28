import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatJunit } from './junit.ts';
import { sampleCell, sampleRun } from './sample.ts';

const XSD = join(import.meta.dirname, 'testdata/junit.xsd');

/** @throws with xmllint's complaints when it is not valid */
const validate = (xml: string): string =>
  execFileSync('xmllint', ['--noout', '--schema', XSD, '-'], { input: xml, encoding: 'utf8', stdio: 'pipe' });

const DIFFERENCE = { kind: 'bytes', at: '0x601234 ([heap])', before: '00', after: 'ff' };

const EVERY = sampleRun([
  sampleCell(),
  sampleCell({ verdict: { outcome: 'unsupported', feature: 'past the end of its file' } }),
  sampleCell({ verdict: { outcome: 'differs', differences: [DIFFERENCE] }, directory: '/tmp/kept' }),
  sampleCell({ verdict: { outcome: 'infra', cause: 'no <gcc> & "no" \u0007\nmake', console: 'its last line' } }),
]);

describe('JUnit XML', () => {
  const xml = formatJunit(EVERY);

  it('is valid', () => {
    expect(validate(xml)).toBe('');
    expect(validate(formatJunit(sampleRun([])))).toBe('');
  });

  it('counts each outcome once', () => {
    expect(xml).toMatch(/<testsuite [^>]* tests="4" failures="1" errors="1" skipped="1" time="65.432">/);
    expect(xml.match(/<testcase /g)).toHaveLength(4);
  });

  it('has a case for each cell: what, where, how long', () => {
    expect(xml).toContain('<testcase classname="brk-unaligned.i386" name="pie host container" time="1.234"/>');
  });

  it('skips what is unsupported, with its row of the limits', () => {
    expect(xml).toContain('<skipped>docs/limits.md: past the end of its file</skipped>');
  });

  it('says of a failure what differs, where it is kept, and how to run it again', () => {
    expect(xml).toContain(
      `<failure type="bytes" message="bytes 0x601234 ([heap]): ff, was 00">bytes 0x601234 ([heap]): ff, was 00
rerun: bin/elfreeze-lab run 'brk-unaligned/i386/pie'
kept: /tmp/kept</failure>`,
    );
  });

  it('keeps what XML cannot hold out of it', () => {
    expect(xml).toContain('message="no &lt;gcc&gt; &amp; &quot;no&quot; \ufffd&#10;make"');
  });

  it.each([
    ['an outcome too many', xml.replace('<skipped>', '<skipped></skipped><skipped>')],
    ['a case without its time', xml.replace(' time="1.234"', '')],
    ['an attribute of its own', xml.replace('<testcase ', '<testcase place="host" ')],
  ])('would not be valid with %s', (_, broken) => {
    expect(() => validate(broken)).toThrow(/fails to validate/);
  });
});

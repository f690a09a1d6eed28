import { describe, expect, it } from 'vitest';
import { mirrorIn } from './debian-base.ts';

describe('the mirror of Debian that apt uses here', () => {
  it.each([
    ['a line', 'deb http://a.example/debian bookworm main\n', 'http://a.example/debian'],
    ['a line with options', 'deb [arch=amd64] http://b.example/debian bookworm main', 'http://b.example/debian'],
    [
      'a stanza',
      'Types: deb\n# why\nURIs: http://c.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\n',
      'http://c.example/debian',
    ],
    [
      'the second stanza',
      'Types: deb\nURIs: http://d.example/security\nSuites: bookworm-security\n\nTypes: deb\nURIs: http://e.example/debian\nSuites: bookworm\n',
      'http://e.example/debian',
    ],
  ])('is read from %s', (_, text, mirror) => {
    expect(mirrorIn(text)).toBe(mirror);
  });

  it.each([
    ['another suite', 'deb http://a.example/debian trixie main\n'],
    ['sources only', 'deb-src http://a.example/debian bookworm main\n'],
    ['security updates', 'deb http://a.example/security bookworm-security main\n'],
    ['nothing', ''],
  ])('is not in %s', (_, text) => {
    expect(mirrorIn(text)).toBeUndefined();
  });
});

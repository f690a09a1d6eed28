import { expect, it } from 'vitest';
import { parseStrings } from './environ.ts';
import { recorded } from './testdata/recorded.ts';

it('reads the recorded environment', () => {
  expect(parseStrings(recorded('odd.environ'))).toEqual(['A=1', 'EMPTY=', 'B=two words']);
});

it.each([
  ['', []],
  ['\0', ['']],
  ['a\0\0b\0', ['a', '', 'b']],
  ['title without its NUL', ['title without its NUL']],
  ['é\0', ['é']],
])('%j is %j', (text, strings) => {
  expect(parseStrings(new Uint8Array(Buffer.from(text)))).toEqual(strings);
});

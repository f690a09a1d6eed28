/**
 * Names of files, sockets and processes are bytes to the kernel, and strings here: UTF-8, with each byte that is none as the lone
 * surrogate U+DC80 to U+DCFF that is U+DC00 and the byte. So no two names are one string, and JSON keeps them, as `\udcff`.
 * @source PEP 383, which Python's os.fsdecode follows
 */
const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ESCAPE = 0xdc00;
/** With the flag `u` a surrogate that is one of a pair does not match. */
const ESCAPED = /[\udc80-\udcff]/gu;

/** A name, or a text with names in it. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return STRICT.decode(bytes);
  } catch {
    return decodeLeniently(bytes);
  }
}

function decodeLeniently(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const run = validRun(bytes, at);
    if (run > at) parts.push(STRICT.decode(bytes.subarray(at, run)));
    else parts.push(String.fromCharCode(ESCAPE | bytes[at]!));
    at = Math.max(run, at + 1);
  }
  return parts.join('');
}

/** Where the characters end that begin at `at`. */
function validRun(bytes: Uint8Array, at: number): number {
  let end = at;
  for (let length = characterAt(bytes, end); length > 0; length = characterAt(bytes, end)) end += length;
  return end;
}

/**
 * Well-formed sequences by their first byte: from, to, and the range of the second byte; all others are 80 to BF.
 * @source The Unicode Standard, table 3-7
 */
const FORMS = [
  [0x00, 0x7f, []],
  [0xc2, 0xdf, [[0x80, 0xbf]]],
  [0xe0, 0xe0, [[0xa0, 0xbf], [0x80, 0xbf]]],
  [0xe1, 0xec, [[0x80, 0xbf], [0x80, 0xbf]]],
  [0xed, 0xed, [[0x80, 0x9f], [0x80, 0xbf]]],
  [0xee, 0xef, [[0x80, 0xbf], [0x80, 0xbf]]],
  [0xf0, 0xf0, [[0x90, 0xbf], [0x80, 0xbf], [0x80, 0xbf]]],
  [0xf1, 0xf3, [[0x80, 0xbf], [0x80, 0xbf], [0x80, 0xbf]]],
  [0xf4, 0xf4, [[0x80, 0x8f], [0x80, 0xbf], [0x80, 0xbf]]],
] as const; // prettier-ignore

/** @returns how many bytes the character has that begins at `at`; 0 when none does */
function characterAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first === undefined) return 0;
  const form = FORMS.find(([from, to]) => from <= first && first <= to);
  if (!form) return 0;
  const rest = form[2];
  const isWhole = rest.every(([from, to], i) => {
    const byte = bytes[at + 1 + i] ?? 0;
    return from <= byte && byte <= to;
  });
  return isWhole ? 1 + rest.length : 0;
}

/** The bytes of a name that `decodeName` gave. */
export function encodeName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name);
  const parts: Buffer[] = [];
  let last = 0;
  for (const { index } of name.matchAll(ESCAPED)) {
    parts.push(Buffer.from(name.slice(last, index)), Buffer.of(name.charCodeAt(index) & 0xff));
    last = index + 1;
  }
  return Buffer.concat([...parts, Buffer.from(name.slice(last))]);
}

/** The same as a C string. */
export const cString = (name: string): Buffer => encodeName(`${name}\0`);

/** Characters that break a line or move a cursor, and bytes that are no characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Most text, told in a tenth of the time. */
const PLAIN = /^[ -~]*$/;

/**
 * Text with names in it as one line that may be printed: every byte of what may not is `\xNN`, as bash's `$'…'` takes it. A backslash stays
 * one, so this is for people: --json has names as they are.
 */
export const printName = (text: string): string =>
  PLAIN.test(text)
    ? text
    : text.replace(UNPRINTABLE, (char) =>
        [...encodeName(char)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
      );

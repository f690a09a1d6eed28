/**
 * What becomes of something that a process can have.
 * - `carried`: an image has it again, as these targets of the lab prove, or tests of lab/robustness
 * - `refused`: `freeze` says so, as a row of lab/robustness/held.ts proves, or a target whose row has `limits`
 * - `refused, untried`: the same, where few machines can try it; the words are in docs/limits.md
 * - `declared`: it is the caller's, or lost; the words are in docs/limits.md
 * - `no state`: nothing is left of it once it has been asked for or done
 */
export type Verdict =
  | { readonly is: 'carried'; readonly by: readonly string[] }
  | { readonly is: 'refused'; readonly by: readonly string[] }
  | { readonly is: 'refused, untried' | 'declared'; readonly words: string }
  | { readonly is: 'no state'; readonly why: string };

/** Things with one verdict. */
export interface Group {
  readonly verdict: Verdict;
  /** A `*` at the end stands for any end. */
  readonly names: readonly string[];
  /** The release that brought them: headers of older ones lack them. */
  readonly since?: string;
}

/** Where the names of an area come from. */
export interface List {
  /** Below an include directory of linux-libc-dev. */
  readonly header: string;
  /** Matches each name as its first group. */
  readonly names: RegExp;
  /** Those of them that are something else. */
  readonly but?: RegExp;
}

export interface Area {
  readonly title: string;
  readonly lists: readonly List[];
  readonly groups: readonly Group[];
}

interface Rest {
  readonly since?: string;
}

const group = (verdict: Verdict, names: string, rest: Rest): Group => ({
  verdict,
  names: names.includes(';') ? phrases(names) : words(names),
  ...rest,
});
const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
const phrases = (text: string): string[] => text.split(/\s*;\s*/).filter((phrase) => phrase !== '');

/** @param by targets or tests, between blanks @param names between blanks, or `;` where there is one */
export const carried = (by: string, names: string, rest: Rest = {}): Group =>
  group({ is: 'carried', by: words(by) }, names, rest);

export const refused = (by: string, names: string, rest: Rest = {}): Group =>
  group({ is: 'refused', by: words(by) }, names, rest);

export const refusedUntried = (said: string, names: string, rest: Rest = {}): Group =>
  group({ is: 'refused, untried', words: said }, names, rest);

export const declared = (said: string, names: string, rest: Rest = {}): Group =>
  group({ is: 'declared', words: said }, names, rest);

export const stateless = (why: string, names: string, rest: Rest = {}): Group =>
  group({ is: 'no state', why }, names, rest);

/** `#define NAME` of these beginnings. */
export const defines = (header: string, beginnings: string, but?: RegExp): List => ({
  header,
  names: new RegExp(String.raw`^\s*#\s*define\s+((?:${beginnings})\w*)(?=\s)`, 'gm'),
  ...(but ? { but } : {}),
});

/** Members of an enumeration. */
export const members = (header: string, beginnings: string): List => ({
  header,
  names: new RegExp(String.raw`^\s+((?:${beginnings})[A-Z0-9_]*)\s*(?:=|,|$)`, 'gm'),
});

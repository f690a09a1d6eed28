import type { Description } from '../snapshot/description.ts';

/** One thing in which a process is not what its image recorded. Everything is text, for people and for JSON. */
export interface Difference {
  /** What kind of thing: `register`, `mapping`, `memory`, … */
  readonly what: string;
  /** Which one: a register's name, an address range, a descriptor. */
  readonly where: string;
  readonly recorded: string;
  readonly found: string;
}

/** The differences that must be, and that the image declares. */
export type Declared = Pick<Description, 'differences' | 'remains' | 'lazy' | 'brk'>;

export const ABSENT = 'none';

/** A difference when the two texts are not the same. */
export function differ(what: string, where: string, recorded: string, found: string): Difference[] {
  return recorded === found ? [] : [{ what, where, recorded, found }];
}

/** Compares field by field, by what each looks like in print. */
export function differInFields<T extends object>(
  what: string,
  where: string,
  recorded: T,
  found: T,
  print: { readonly [K in keyof T]?: (value: T[K]) => string },
): Difference[] {
  return Object.entries(print).flatMap(([name, show]) => {
    const text = (side: T): string => (show as (value: unknown) => string)(side[name as keyof T]);
    return differ(what, where === '' ? name : `${where} ${name}`, text(recorded), text(found));
  });
}

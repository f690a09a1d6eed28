/** A name may come more than once in a run, so a cell is told by its place. */
export const linkTo = (cell: number): string => `#/cell/${cell}`;

/** @returns nothing for the overview */
export const cellIn = (hash: string): number | undefined => {
  const [, index] = /^#\/cell\/(\d+)$/.exec(hash) ?? [];
  return index === undefined ? undefined : Number(index);
};

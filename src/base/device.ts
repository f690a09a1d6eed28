/** A dev_t as stat(2) gives it. */
export const splitDev = (dev: bigint): { major: bigint; minor: bigint } => ({
  major: (dev >> 8n) & 0xfffn,
  minor: (dev & 0xffn) | ((dev >> 12n) & 0xfff00n),
});

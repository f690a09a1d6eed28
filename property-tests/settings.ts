/** What `npm run test:property -- --runs N --seed S --kernel K --path P --keep` asked for. lab/setup/test.mjs passes it on. */
const { ELFREEZE_RUNS, ELFREEZE_SEED, ELFREEZE_KERNEL, ELFREEZE_PATH, ELFREEZE_KEEP } = process.env;

/** A failure of this seed comes back with the same seed. */
export const SEED = Number(ELFREEZE_SEED ?? 1);
/** How many cases of each property; undefined: as many as it thinks modest. */
export const RUNS = ELFREEZE_RUNS === undefined ? undefined : Number(ELFREEZE_RUNS);
/** Which kernel is asked; undefined: the running one. */
export const KERNEL = ELFREEZE_KERNEL;
/** Whether the launcher may become another user: it is root in every guest. Otherwise all is done as the one who asks. */
export const MAY_CHANGE_USER = KERNEL !== undefined || process.getuid?.() === 0;
/** Only one case, as fast-check names it. */
export const PATH = ELFREEZE_PATH;
/** Whether a failure goes into the corpus. */
export const KEEP = ELFREEZE_KEEP === '1';

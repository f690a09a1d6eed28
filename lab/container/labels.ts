/** Everything of the lab's in an engine carries it: containers and volumes with their owner, images with `image`. */
export const LAB_LABEL = 'elfreeze.lab';
export const OF_IMAGE = 'image';

/** What an image was made from. */
export const HASH_LABEL = 'elfreeze.hash';

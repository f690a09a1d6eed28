import type { Snapshot } from '../../snapshot/snapshot.ts';

/** What is asked of a snapshot again and again, for each of its many parts, is found once. */
export function perSnapshot<T>(find: (snapshot: Snapshot) => T): (snapshot: Snapshot) => T {
  const known = new WeakMap<Snapshot, { readonly value: T }>();
  return (snapshot) => {
    const found = known.get(snapshot) ?? { value: find(snapshot) };
    known.set(snapshot, found);
    return found.value;
  };
}

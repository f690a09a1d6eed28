import type { DescriptorKind } from '../../snapshot/files/descriptors.ts';
import { filesHeldElsewhere } from './files-held-elsewhere.ts';
import type { DescriptorContext } from './context.ts';
import { heldElsewhere } from './held-elsewhere.ts';
import { mastersHeldElsewhere, strayTerminals, waitingBytes } from './ptys.ts';
import type { Refused } from './refuse.ts';
import type { DescriptorState } from './state.ts';
import { halfPairs, waitingRights } from './unix-sockets.ts';

/** A descriptor that could be carried if only it counted. */
export type Numbered = DescriptorKind & { readonly fd: number };

/** What cannot be carried for the sake of other processes, or of other descriptors that are not carried. */
export function refuseTogether(
  states: readonly DescriptorState[],
  carried: ReadonlyMap<number, DescriptorKind>,
  context: DescriptorContext,
): Refused[] {
  const refused = new Map<number, Refused>();
  const numbered = [...carried].map(([fd, kind]): Numbered => ({ ...kind, fd }));
  const left = (): Numbered[] => numbered.filter(({ fd }) => !refused.has(fd));
  const add = (found: readonly Refused[]): boolean => {
    const fresh = found.filter(({ fd }) => !refused.has(fd));
    for (const each of fresh) refused.set(each.fd, each);
    return fresh.length > 0;
  };
  const addStrays = (): boolean => add([...halfPairs(left()), ...strayTerminals(left())]);
  addStrays();
  add([
    ...heldElsewhere(states, context),
    ...mastersHeldElsewhere(left(), context),
    ...filesHeldElsewhere(left(), context.own),
  ]);
  // One end that is not carried leaves the other without its own.
  while (addStrays()) continue;
  const isLeft = ({ fd }: DescriptorState): boolean => carried.has(fd) && !refused.has(fd);
  add(states.filter(isLeft).flatMap((state) => [...waitingBytes(state), ...waitingRights(state)]));
  return [...refused.values()];
}

import { describeKind as describe } from '../snapshot/files/descriptor-words.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { ABSENT, type Difference, differ } from './difference.ts';
import type { Descriptor } from '../snapshot/files/descriptors.ts';

type Numbered = ReadonlyMap<number, Descriptor>;
const O_DIRECT = 0o40000;

const octal = (value: number): string => `0${value.toString(8)}`;
const byNumber = ({ descriptors }: Snapshot): Numbered => new Map(descriptors.map((each) => [each.fd, each]));

/** Every descriptor, who shares with whom, and what pipes hold. The caller's own standard descriptors may be anything. */
export function compareDescriptors(recorded: Snapshot, found: Snapshot): Difference[] {
  const [was, is] = [byNumber(recorded), byNumber(found)];
  const numbers = [...new Set([...was.keys(), ...is.keys()])].sort((a, b) => a - b);
  return [
    ...numbers.flatMap((fd) => compareOne(fd, was, is)),
    ...comparePipes(recorded, found, is),
    ...compareQueues(recorded, found, is),
    ...comparePtys(recorded, found, is),
  ];
}

function compareOne(fd: number, was: Numbered, is: Numbered): Difference[] {
  const [one, two] = [was.get(fd), is.get(fd)];
  if (isCallersOwn(one) || one?.kind === 'path' || isCallersOwn(two)) return [];
  const where = `descriptor ${fd}`;
  if (!one || !two) return differ('descriptor', where, one ? describe(one) : ABSENT, two ? describe(two) : ABSENT);
  const sharing = compareSharing(where, one, two, is);
  const cloexec = differ('descriptor', `${where} close-on-exec`, String(one.cloexec), String(two.cloexec));
  // It shares a standard descriptor of the caller: what that is, is the caller's choice.
  if (was.get(one.description)?.kind === 'stdio') return [...sharing, ...cloexec];
  return [
    ...differ('descriptor', where, describe(one), describe(two)),
    ...differ('descriptor', `${where} position`, String(one.position), String(two.position)),
    ...differ('descriptor', `${where} flags`, octal(one.flags), octal(two.flags)),
    ...differ('descriptor', `${where} locks`, lockText(one), lockText(two)),
    ...differ('descriptor', `${where} signals`, asyncText(one), asyncText(two)),
    ...smaller(where, one, two),
    ...cloexec,
    ...sharing,
  ];
}

/** Not a duplicate above 2, whose number must lead where a standard one does. */
const isCallersOwn = (each: Descriptor | undefined): boolean =>
  each?.kind === 'stdio' && (each.fd <= 2 || each.description === each.fd);

/** The kernel lists them in any order. */
const lockText = ({ locks }: Descriptor): string =>
  locks
    .map(({ kind, write, start, length }) => `${kind} ${write ? 'write' : 'read'} ${start}+${length}`)
    .sort()
    .join(', ');

const asyncText = ({ async }: Descriptor): string => (async ? `${async.signal || 'SIGIO'} to ${async.owner}` : ABSENT);

/** A file may have grown, but not shrunk. */
function smaller(where: string, one: Descriptor, two: Descriptor): Difference[] {
  if (one.kind !== 'file' || two.kind !== 'file' || two.size >= one.size) return [];
  return differ('descriptor', `${where} size`, `at least ${one.size}`, String(two.size));
}

/** Whose open file description it has: its own, or that of the same lower descriptor. */
function compareSharing(where: string, one: Descriptor, two: Descriptor, is: Numbered): Difference[] {
  const expected = is.get(one.description)?.description;
  const own = one.description === one.fd;
  if (own ? two.description === two.fd : two.description === expected) return [];
  const text = ({ fd, description }: Descriptor): string => (description === fd ? 'its own' : `that of ${description}`);
  return differ('descriptor', `${where} open file`, text(one), text(two));
}

/** Pipes are told by who holds their ends: their numbers are new. */
function comparePipes(recorded: Snapshot, found: Snapshot, is: Numbered): Difference[] {
  const pairs = recorded.descriptors.flatMap((was) => {
    const now = is.get(was.fd);
    return was.kind === 'pipe' && now?.kind === 'pipe' ? [{ was, now }] : [];
  });
  const partner = new Map<bigint, bigint>();
  const partnerBack = new Map<bigint, bigint>();
  return pairs.flatMap(({ was, now }) => {
    const first = !partner.has(was.inode);
    if (first) partner.set(was.inode, now.inode);
    const owner = partnerBack.get(now.inode);
    partnerBack.set(now.inode, owner ?? was.inode);
    if (partner.get(was.inode) !== now.inode || (owner ?? was.inode) !== was.inode) {
      return differ('pipe', `descriptor ${was.fd}`, 'an end of the same pipe as before', 'an end of another pipe');
    }
    return first ? compareContents(was, recorded, found, now.inode) : [];
  });
}

function compareContents(
  was: Descriptor & { kind: 'pipe' },
  recorded: Snapshot,
  found: Snapshot,
  inode: bigint,
): Difference[] {
  const text = ({ pipes }: Snapshot, which: bigint): string => {
    const packets = pipes.find((pipe) => pipe.inode === which)?.packets ?? [];
    const kept = was.flags & O_DIRECT ? packets : [Buffer.concat(packets)];
    return kept.map((packet) => `${packet.length} bytes ${Buffer.from(packet).toString('hex')}`).join(', ');
  };
  return differ('pipe', `contents, descriptor ${was.fd}`, text(recorded, was.inode), text(found, inode));
}

/** The other ends of pairs have the same numbers as before, and the same waits in each end. */
function compareQueues(recorded: Snapshot, found: Snapshot, is: Numbered): Difference[] {
  return recorded.descriptors.flatMap((was) => {
    const now = is.get(was.fd);
    if (was.kind !== 'unix' || now?.kind !== 'unix') return [];
    const where = `descriptor ${was.fd}`;
    const waiting = ({ sockets }: Snapshot, inode: bigint): string =>
      (sockets.find((each) => each.inode === inode)?.packets ?? [])
        .map((packet) => Buffer.from(packet).toString('hex'))
        .join(', ');
    return [
      ...differ('socket', `other end, ${where}`, numbersOf(recorded, was.peer), numbersOf(found, now.peer)),
      ...differ('socket', `contents, ${where}`, waiting(recorded, was.inode), waiting(found, now.inode)),
    ];
  });
}

/** The same numbers lead to the same pseudo-terminal, which itself has a new one. */
function comparePtys(recorded: Snapshot, found: Snapshot, is: Numbered): Difference[] {
  const endsOf = ({ descriptors }: Snapshot, index: number): string =>
    descriptors
      .flatMap((each) => ((each.kind === 'ptmx' || each.kind === 'pts') && each.index === index ? [each.fd] : []))
      .join(', ');
  return recorded.descriptors.flatMap((was) => {
    const now = is.get(was.fd);
    if (was.kind !== 'ptmx' || now?.kind !== 'ptmx') return [];
    return differ(
      'pseudo-terminal',
      `ends, descriptor ${was.fd}`,
      endsOf(recorded, was.index),
      endsOf(found, now.index),
    );
  });
}

const numbersOf = ({ descriptors }: Snapshot, inode: bigint): string =>
  descriptors.flatMap((each) => (each.kind === 'unix' && each.inode === inode ? [each.fd] : [])).join(', ');

import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Contents, Descriptor, DescriptorKind, DescriptorOf } from '../../snapshot/files/descriptors.ts';

type Kind = DescriptorKind['kind'];

/** What tells one object from another of its kind, for those kinds whose open files are made together. */
const OBJECT: { readonly [K in Kind]?: (descriptor: DescriptorOf<K>) => string } = {
  pipe: ({ inode }) => `${inode}`,
  fifo: ({ dev, inode }) => `${dev} ${inode}`,
  unix: ({ inode }) => `${inode}`,
  ptmx: ({ index }) => `${index}`,
  pts: ({ index }) => `${index}`,
  nameless: ({ dev, inode }) => `${dev} ${inode}`,
};

/** Open file descriptions by what they lead to, each by its lowest descriptor, and what waits in pipes and sockets. */
export class Ends {
  private readonly objects = new Map<string, Descriptor[]>();
  private readonly pipes: ReadonlyMap<bigint, Contents>;
  private readonly sockets: ReadonlyMap<bigint, Contents>;

  constructor({ descriptors, pipes, sockets }: Pick<Snapshot, 'descriptors' | 'pipes' | 'sockets'>) {
    for (const each of descriptors) {
      const name = (OBJECT[each.kind] as ((descriptor: Descriptor) => string) | undefined)?.(each);
      if (name === undefined || each.description !== each.fd) continue;
      const key = `${each.kind} ${name}`;
      const known = this.objects.get(key);
      if (known) known.push(each);
      else this.objects.set(key, [each]);
    }
    this.pipes = byInode(pipes);
    this.sockets = byInode(sockets);
  }

  /** @param name as OBJECT has it */
  of<K extends Kind>(kind: K, name: string): readonly DescriptorOf<K>[] {
    return (this.objects.get(`${kind} ${name}`) ?? []) as unknown as readonly DescriptorOf<K>[];
  }

  inPipe(inode: bigint): Contents['packets'] {
    return this.pipes.get(inode)?.packets ?? [];
  }

  inSocket(inode: bigint): Contents['packets'] {
    return this.sockets.get(inode)?.packets ?? [];
  }
}

const byInode = (all: readonly Contents[]): ReadonlyMap<bigint, Contents> =>
  new Map(all.map((each) => [each.inode, each]));

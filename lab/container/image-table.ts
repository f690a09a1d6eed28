import type { Arch } from '../targets/row.ts';
import { type ContextFile, readContext, readContextFile } from './context.ts';

/** Where cells of an architecture are; with compilers and virtual machines that few need. */
export type LabImageName = Arch | `${Arch} languages`;
export type ImageName = LabImageName | 'elfreeze' | 'matrix' | 'scratch' | 'node' | 'debian' | 'debian i386';

export interface ImageRow {
  readonly tag: string;
  /** It is another's: pulled where a registry is in reach, made only where none is. */
  readonly pulled?: true;
  readonly made: Built | Bootstrapped;
}

export interface Built {
  readonly dockerfile: string;
  /** What it is built FROM, by build argument. */
  readonly from: Readonly<Record<string, ImageName>>;
  readonly context?: () => Promise<ContextFile[]>;
}

export interface Bootstrapped {
  readonly debianArch: 'amd64' | 'i386';
}

const ownNode = async (): Promise<ContextFile[]> => [await readContextFile('node', process.execPath)];

/** All that containers are made from, and how each is had. */
export const IMAGES: Record<ImageName, ImageRow> = {
  debian: { tag: 'debian:bookworm-slim', pulled: true, made: { debianArch: 'amd64' } },
  'debian i386': { tag: 'i386/debian:bookworm-slim', pulled: true, made: { debianArch: 'i386' } },
  node: {
    tag: 'node:20-bookworm-slim',
    pulled: true,
    made: { dockerfile: 'images/node.Dockerfile', from: { BASE: 'debian' }, context: ownNode },
  },
  elfreeze: {
    tag: 'elfreeze-lab/elfreeze:latest',
    made: { dockerfile: 'Dockerfile', from: { BASE: 'node' }, context: readContext },
  },
  'x86-64': {
    tag: 'elfreeze-lab/x86-64:latest',
    made: { dockerfile: 'images/x86-64.Dockerfile', from: { BASE: 'node', ELFREEZE: 'elfreeze' } },
  },
  i386: {
    tag: 'elfreeze-lab/i386:latest',
    made: {
      dockerfile: 'images/i386.Dockerfile',
      from: { BASE: 'debian i386', NODE: 'node', ELFREEZE: 'elfreeze' },
    },
  },
  'x86-64 languages': {
    tag: 'elfreeze-lab/x86-64-languages:latest',
    made: { dockerfile: 'images/languages.Dockerfile', from: { BASE: 'x86-64' } },
  },
  'i386 languages': {
    tag: 'elfreeze-lab/i386-languages:latest',
    made: { dockerfile: 'images/languages.Dockerfile', from: { BASE: 'i386' } },
  },
  // Its context is what a run asks for: the kernels.
  matrix: {
    tag: 'elfreeze-lab/matrix:latest',
    made: { dockerfile: 'images/matrix.Dockerfile', from: { BASE: 'x86-64' } },
  },
  scratch: { tag: 'elfreeze-lab/scratch:latest', made: { dockerfile: 'images/scratch.Dockerfile', from: {} } },
};

import { overlaps, type Range } from '../base/range.ts';

/** What a mapping holds. `header` is the number of the program header that brought it. */
export type Backing =
  | { readonly kind: 'file' | 'zeros'; readonly of: 'program' | 'interpreter'; readonly header: number }
  | { readonly kind: 'stack' | 'vdso' | 'vvar' | 'vvar_vclock' | 'page-zero' };

/** One mapping, all of it private. */
export interface Vma extends Range {
  /** PROT_*. */
  readonly prot: number;
  readonly backing: Backing;
  /** In the file; 0 for memory without one. */
  readonly offset: bigint;
}

/** The mappings of one process: sorted, disjoint. */
export class AddressSpace {
  vmas: readonly Vma[] = [];

  at(address: bigint): Vma | undefined {
    return this.vmas.find(({ start, end }) => start <= address && address < end);
  }

  isFree(range: Range): boolean {
    return !this.vmas.some((vma) => overlaps(vma, range));
  }

  unmap(hole: Range): void {
    if (hole.start >= hole.end) return;
    this.vmas = this.vmas.flatMap((vma) => {
      if (!overlaps(vma, hole)) return [vma];
      const { start, end, offset } = vma;
      return [
        ...(start < hole.start ? [{ ...vma, end: hole.start }] : []),
        ...(hole.end < end ? [{ ...vma, start: hole.end, offset: moved(vma, offset + hole.end - start) }] : []),
      ];
    });
  }

  /** Replaces whatever is there. */
  map(vma: Vma): void {
    this.unmap(vma);
    const next = this.vmas.findIndex(({ start }) => start >= vma.end);
    this.vmas = next === -1 ? [...this.vmas, vma] : this.vmas.toSpliced(next, 0, vma);
  }

  /** Bytes mapped. */
  total(counts: (vma: Vma) => boolean = () => true): bigint {
    return this.vmas.reduce((sum, vma) => (counts(vma) ? sum + vma.end - vma.start : sum), 0n);
  }

  /** The highest free range of `size` bytes that ends at or below `limit`. @param guard room that a stack keeps below it */
  findDown(size: bigint, lowest: bigint, limit: bigint, guard: bigint): bigint | undefined {
    let end = limit;
    for (const vma of this.vmas.toReversed()) {
      if (end - (vma.end > lowest ? vma.end : lowest) >= size) return end - size;
      const start = guarded(vma, guard);
      if (start < end) end = start;
    }
    return end - size >= lowest ? end - size : undefined;
  }

  /** The lowest free range of `size` bytes at or above `lowest`. */
  findUp(size: bigint, lowest: bigint, limit: bigint, guard: bigint): bigint | undefined {
    let start = lowest;
    for (const vma of this.vmas) {
      if (guarded(vma, guard) >= start + size) break;
      if (vma.end > start) start = vma.end;
    }
    return start + size <= limit ? start : undefined;
  }
}

const guarded = ({ start, backing }: Vma, guard: bigint): bigint => (backing.kind === 'stack' ? start - guard : start);
const moved = ({ backing }: Vma, offset: bigint): bigint => (backing.kind === 'file' ? offset : 0n);

import { hex, PAGE, pageCeil } from '../base/range.ts';
import { canClearTail, type Files, protOf, type Segment } from './segments.ts';
import { type Exec, type LoadedFile, Refusal } from './exec.ts';

/**
 * Zeros as kernels before `zeros-per-segment` keep them: the highest end of file bytes and the highest end of memory so
 * far, whose difference is mapped only before the next segment, or after the last. Zeros of a segment that ends below an
 * earlier one are forgotten.
 * @source fs/binfmt_elf.c set_brk, load_elf_binary, v5.10
 */
export class PendingZeros {
  private fileEnd = 0n;
  private memoryEnd = 0n;
  private prot = 0;
  private header = 0;
  private readonly exec: Exec;
  private readonly role: LoadedFile['role'];

  constructor(exec: Exec, role: LoadedFile['role']) {
    this.exec = exec;
    this.role = role;
  }

  /** Those of the segments so far, before the next is mapped. Clearing the last page may fail: nobody looks. */
  flush(bias: bigint): void {
    if (this.memoryEnd > this.fileEnd) this.mapPages(bias);
  }

  /** @param address p_vaddr; of an interpreter with its bias, as the kernel keeps them */
  add(segment: Segment, address: bigint): void {
    const { filesz, memsz, index } = segment;
    const [fileEnd, memoryEnd] = [this.exec.wrap(address + filesz), this.exec.wrap(address + memsz)];
    if (fileEnd > this.fileEnd) this.fileEnd = fileEnd;
    if (memoryEnd <= this.memoryEnd) return;
    this.memoryEnd = memoryEnd;
    this.prot = protOf(segment, this.exec);
    this.header = index;
  }

  /** Those of the last, whose page must be cleared. */
  finish(bias: bigint, files: Files): void {
    this.mapPages(bias);
    if (this.memoryEnd !== this.fileEnd) this.clearTail(bias, files);
  }

  /** An interpreter's: the page is cleared even if there are no zeros. @source load_elf_interp, v5.10 */
  finishInterpreter(files: Files): void {
    this.clearTail(0n, files);
    this.mapPages(0n);
  }

  private mapPages(bias: bigint): void {
    const start = this.exec.wrap(pageCeil(this.fileEnd + bias));
    const end = this.exec.wrap(pageCeil(this.memoryEnd + bias));
    if (end > start) this.exec.mapZeros(this.role, this.header, start, end - start, this.prot);
  }

  private clearTail(bias: bigint, files: Files): void {
    const at = this.exec.wrap(this.fileEnd + bias);
    if (!canClearTail(this.exec, at, files))
      throw new Refusal(
        'EFAULT',
        `the rest of the page at ${hex(at - (at % PAGE))} cannot be cleared: it is read-only, or the file ends before it`,
      );
  }
}

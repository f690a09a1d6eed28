import { hex, intersect, PAGE, pageCeil, pageFloor, type Range, sizeOf } from '../base/range.ts';
import type { RandomAccess } from '../elf/access.ts';
import { AddressSpace, type Backing, type Vma } from './address-space.ts';
import { type Draws, type ExecConditions, GUARD_GAP, mmapBase, type Zones } from './conditions.ts';
import type { Rules } from './rules.ts';

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;

/** Errors of execve, and of what it calls. @source errno(3) */
export type Errno =
  | 'ENOEXEC'
  | 'ENOENT'
  | 'EACCES'
  | 'EIO'
  | 'ELIBBAD'
  | 'EINVAL'
  | 'ENOMEM'
  | 'EPERM'
  | 'EEXIST'
  | 'EFAULT'
  | 'EOVERFLOW';

/** The kernel refuses: execve's error before the point of no return, death by SIGSEGV after it. */
export class Refusal extends Error {
  readonly errno: Errno;

  constructor(errno: Errno, why: string) {
    super(why);
    this.errno = errno;
  }
}

/** An ELF file that is being loaded. */
export interface LoadedFile {
  readonly role: 'program' | 'interpreter';
  readonly file: RandomAccess;
}

const NOTHING: Range = { start: 0n, end: 0n };
const isAny = (): boolean => true;
/** What RLIMIT_DATA counts. */
const isData = ({ prot, backing }: Vma): boolean => (prot & PROT_WRITE) !== 0 && backing.kind !== 'stack';
/** s_maxbytes of most file systems. */
const MAX_FILE = 1n << 63n;

/** An exec under way: the new address space, and what the kernel's memory management says to the loader. */
export class Exec {
  readonly space = new AddressSpace();
  readonly zones: Zones;
  readonly rules: Rules;
  readonly conditions: ExecConditions;
  readonly draws: Draws;
  /** Personality once the program's own wish is known. */
  readImpliesExec = false;

  constructor(zones: Zones, rules: Rules, conditions: ExecConditions, draws: Draws) {
    this.zones = zones;
    this.rules = rules;
    this.conditions = conditions;
    this.draws = draws;
  }

  wrap(value: bigint): bigint {
    return ((value % this.zones.word) + this.zones.word) % this.zones.word;
  }

  /** BAD_ADDR. */
  isBad(address: bigint): boolean {
    return this.wrap(address) >= this.zones.taskSize;
  }

  /** @source mm/mmap.c __get_unmapped_area with MAP_FIXED, security/commoncap.c cap_mmap_addr */
  private checkFixed(start: bigint, size: bigint): void {
    const { taskSize } = this.zones;
    if (size > taskSize || start > taskSize - size)
      throw new Refusal('ENOMEM', `${hex(start)} + ${hex(size)} is beyond the end of user space`);
    this.checkLowest(start);
  }

  private checkLowest(start: bigint): void {
    if (start < this.conditions.mmapMinAddr && this.rules['lowest-addresses-refused'])
      throw new Refusal('EPERM', `${hex(start)} is below vm.mmap_min_addr, ${hex(this.conditions.mmapMinAddr)}`);
  }

  /** Where the kernel puts what may be anywhere. @source arch/x86/kernel/sys_x86_64.c arch_get_unmapped_area_topdown */
  findFree(size: bigint, hint = 0n): bigint {
    const { taskSize, stackTop, legacyBase, cls } = this.zones;
    if (size > taskSize) throw new Refusal('ENOMEM', `no room for ${hex(size)} bytes`);
    const wanted = pageCeil(hint);
    if (hint !== 0n && wanted <= taskSize - size && wanted > stackTop === wanted + size > stackTop) {
      if (this.isHintFree({ start: wanted, end: wanted + size })) {
        this.checkLowest(wanted);
        return wanted;
      }
    }
    const { base, upward } = mmapBase(this.zones, this.conditions);
    const beyond = hint > stackTop && cls === 64 ? taskSize - stackTop : 0n;
    const found =
      (upward
        ? undefined
        : this.space.findDown(size, this.lowestSearched(), base - this.draws.mmap + beyond, GUARD_GAP)) ??
      this.space.findUp(size, legacyBase + this.draws.mmap, stackTop, GUARD_GAP);
    if (found === undefined) throw new Refusal('ENOMEM', `no room for ${hex(size)} bytes`);
    this.checkLowest(found);
    return found;
  }

  /** @source mm/vma.c unmapped_area_topdown */
  private lowestSearched(): bigint {
    return this.rules['search-ends-at-lowest-address'] ? this.conditions.lowestHint : PAGE;
  }

  private isHintFree({ start, end }: Range): boolean {
    return this.space.vmas.every(
      (vma) => vma.end <= start || end <= (vma.backing.kind === 'stack' ? vma.start - GUARD_GAP : vma.start),
    );
  }

  /**
   * mmap of a file, private.
   * @param how `anywhere`: `address` is a hint; `replace`: MAP_FIXED; `keep`: MAP_FIXED_NOREPLACE
   * @returns where
   * @source mm/util.c vm_mmap, mm/mmap.c do_mmap, mm/vma.c mmap_region
   */
  mapFile(
    file: LoadedFile,
    header: number,
    address: bigint,
    bytes: bigint,
    prot: number,
    how: 'anywhere' | 'replace' | 'keep',
    offset: bigint,
  ): bigint {
    const size = this.wrap(pageCeil(bytes));
    const at = this.wrap(offset);
    if (this.rules['offset-congruent'] && at % PAGE !== 0n)
      throw new Refusal('EINVAL', 'p_offset and p_vaddr differ modulo the page size');
    if (at + size >= this.zones.word) throw new Refusal('EINVAL', `offset ${hex(at)} is beyond what a file can have`);
    if (size === 0n) throw new Refusal('EINVAL', 'nothing to map');
    let start = address;
    if (how === 'anywhere') {
      const { lowestHint } = this.conditions;
      const low = address !== 0n && address < lowestHint && this.rules['hints-rounded-up'];
      start = this.findFree(size, low ? lowestHint : address);
    } else this.checkFixed(address, size);
    const range = { start, end: start + size };
    if (how === 'keep' && !this.space.isFree(range))
      throw new Refusal('EEXIST', `something is mapped at ${hex(start)} already`);
    if (at > MAX_FILE - size) throw new Refusal('EOVERFLOW', `offset ${hex(at)} is beyond what a file can have`);
    const effective = this.readImpliesExec && (prot & PROT_READ) !== 0 ? prot | PROT_EXEC : prot;
    this.account(range, (effective & PROT_WRITE) !== 0, isAny);
    this.space.map({
      ...range,
      prot: effective,
      backing: { kind: 'file', of: file.role, header },
      offset: pageFloor(at),
    });
    return start;
  }

  /** Anonymous memory in place of whatever is there. @source mm/mmap.c vm_brk_flags */
  mapZeros(role: LoadedFile['role'], header: number, start: bigint, size: bigint, prot: number): void {
    const rounded = this.wrap(pageCeil(size));
    if (rounded < size) throw new Refusal('ENOMEM', `${hex(size)} bytes of zeros are more than there are addresses`);
    if (rounded === 0n) return;
    this.checkFixed(start, rounded);
    const range = { start, end: start + rounded };
    this.account(range, true, isData);
    const executable = this.readImpliesExec || ((prot & PROT_EXEC) !== 0 && this.rules['zeros-executable-if-flagged']);
    const permissions = this.rules['zeros-always-writable'] ? PROT_READ | PROT_WRITE : prot & ~PROT_EXEC;
    this.space.map({
      ...range,
      prot: permissions | (executable ? PROT_EXEC : 0),
      backing: { kind: 'zeros', of: role, header },
      offset: 0n,
    });
  }

  /**
   * @param released bytes of data that go before the limit is looked at: mmap counts all that it replaces, brk only data
   * @source mm/vma.c may_expand_vm, mm/util.c __vm_enough_memory
   */
  private account(range: Range, writable: boolean, released: (vma: Vma) => boolean): void {
    const { addressSpaceLimit, dataLimit, memory } = this.conditions;
    const size = sizeOf(range);
    const replaced = (counts: (vma: Vma) => boolean): bigint =>
      this.space.vmas.reduce((sum, vma) => sum + (counts(vma) ? sizeOf(intersect(vma, range) ?? NOTHING) : 0n), 0n);
    if (addressSpaceLimit !== undefined && this.space.total() - replaced(isAny) + size > pageFloor(addressSpaceLimit))
      throw new Refusal('ENOMEM', 'RLIMIT_AS does not allow it');
    const unlimited = dataLimit === undefined || (dataLimit === 0n && this.rules['data-limit-of-zero-is-none']);
    if (writable && !unlimited && this.space.total(isData) - replaced(released) + size > pageFloor(dataLimit))
      throw new Refusal('ENOMEM', 'RLIMIT_DATA does not allow it');
    if (writable && memory !== undefined && size > memory)
      throw new Refusal('ENOMEM', 'it is more than RAM and swap, with vm.overcommit_memory = 0');
  }

  mapSpecial(kind: Exclude<Backing['kind'], 'file' | 'zeros'>, range: Range, prot: number): void {
    this.space.map({ ...range, prot, backing: { kind }, offset: 0n });
  }

  /** For who was told by SVr4 that reading address 0 works. Nobody looks whether it could be mapped. */
  mapPageZero(): void {
    const range = { start: 0n, end: PAGE };
    try {
      this.checkFixed(range.start, PAGE);
      this.account(range, false, isAny);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      return;
    }
    this.mapSpecial('page-zero', range, PROT_READ | PROT_EXEC);
  }

  /** Whether the kernel can write to user memory at `address`: writable, and if of a file, not wholly past its end. */
  canWrite(address: bigint, files: Readonly<Record<LoadedFile['role'], LoadedFile | undefined>>): boolean {
    const vma = this.space.at(address);
    if (!vma || (vma.prot & PROT_WRITE) === 0) return false;
    return this.isBacked(vma, address, files);
  }

  isBacked(vma: Vma, address: bigint, files: Readonly<Record<LoadedFile['role'], LoadedFile | undefined>>): boolean {
    if (vma.backing.kind !== 'file') return true;
    const size = files[vma.backing.of]?.file.size ?? 0n;
    return vma.offset + (address - vma.start) < pageCeil(size);
  }
}

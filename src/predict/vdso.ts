import { PAGE, pageCeil, type Range } from '../base/range.ts';
import type { Backing } from './address-space.ts';
import { type Exec, PROT_EXEC, PROT_READ } from './exec.ts';
import type { NewStack } from './stack.ts';

const PMD = 2n << 20n;

/** The vdso with its data below it. Comes after the segments, and never over anything. @source arch/x86/entry/vdso/vma.c map_vdso */
export function mapVdso(exec: Exec, stack: NewStack): Range {
  const parts = partsOf(exec);
  const size = parts.reduce((sum, { pages }) => sum + pages * PAGE, 0n);
  const hint = exec.zones.cls === 64 && !exec.rules['vdso-in-mmap-area'] ? aboveStack(exec, stack, size) : 0n;
  let start = exec.findFree(size, hint);
  let vdso = { start, end: start };
  for (const { kind, pages } of parts) {
    const range = { start, end: start + pages * PAGE };
    exec.mapSpecial(kind, range, kind === 'vdso' ? PROT_READ | PROT_EXEC : PROT_READ);
    if (kind === 'vdso') vdso = range;
    start = range.end;
  }
  return vdso;
}

/** Lowest first. */
function partsOf({ rules, zones }: Exec): { kind: Exclude<Backing['kind'], 'file' | 'zeros'>; pages: bigint }[] {
  const vvar = rules['vvar-in-two'] && !rules['vvar-of-six-pages'] ? 2n : 4n;
  const text = zones.cls === 32 && rules['vdso32-of-three-pages'] ? 3n : 2n;
  return [
    { kind: 'vvar', pages: vvar },
    ...(rules['vvar-in-two'] ? [{ kind: 'vvar_vclock' as const, pages: 2n }] : []),
    { kind: 'vdso', pages: text },
  ];
}

/** Above the stack, up to the end of its 2 MiB: the lowest place, or the one that was drawn. @source arch/x86/entry/vdso/vma.c vdso_addr, v6.8 */
function aboveStack({ zones, draws }: Exec, { strings }: NewStack, size: bigint): bigint {
  const start = pageCeil(strings);
  const most = (start + size + PMD - 1n) & -PMD;
  const end = (most > zones.stackTop ? zones.stackTop : most) - size;
  if (draws.vdso === undefined || draws.vdso < start || end <= start) return start;
  return draws.vdso > end ? end : draws.vdso;
}

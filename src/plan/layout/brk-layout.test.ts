import { describe, expect, it } from 'vitest';
import { ARCHES } from '../../arch/index.ts';
import { sampleSnapshot } from '../../snapshot/testdata/sample.ts';
import { planImage } from '../plan.ts';

const registers = Object.fromEntries(ARCHES['x86-64'].registers.map((name) => [name, 0n]));
const source = { ...sampleSnapshot, threads: sampleSnapshot.threads.map((thread) => ({ ...thread, registers })) };

describe('--brk=layout', () => {
  it('is refused for a break where execve may put the stack', () => {
    const layout = { ...sampleSnapshot.layout, startBrk: 0x7fff_f700_0000n, brk: 0x7fff_f700_0000n };
    const plan = (): unknown => planImage({ ...source, layout }, { lazy: false, brk: 'layout' });
    expect(plan).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  });

  it('adds a page that ends at the break when nothing of the process does', () => {
    const { segments } = planImage(source, { lazy: false, brk: 'layout' });
    expect(segments.some(({ vaddr, size }) => vaddr + size === 0x50_1000n)).toBe(true);
  });
});

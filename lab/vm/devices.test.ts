import { expect, it } from 'vitest';
import { device, machine, qemuArguments } from './devices.ts';

it('a machine is its devices one after the other, and one kernel command line', () => {
  const args = qemuArguments([device(['-a'], ['x=1']), device(['-b', '2']), device([], ['y'])], '/k', '/i');
  expect(args).toEqual(['-a', '-b', '2', '-kernel', '/k', '-initrd', '/i', '-append', 'x=1 y']);
});

it('the console is the first serial port, as its kernel is told, and the line the second', () => {
  const args = machine('tcg', 64).flatMap(({ args: each }) => each);
  expect(args.filter((_, index) => args[index - 1] === '-serial')).toEqual(['chardev:console', 'chardev:line']);
  expect(machine('tcg', 64).flatMap(({ kernelArgs }) => kernelArgs)).toContain('console=ttyS0');
});

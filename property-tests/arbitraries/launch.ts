import fc from 'fast-check';
import { PERSONALITY } from '../../src/predict/conditions.ts';
import type { ElfLayout } from './elf-layout.ts';
import { AT_FIXED_PLACES, brokenLayout } from './broken.ts';
import { validLayout } from './segments.ts';

/** How a layout is executed. */
export interface Launch {
  readonly layout: ElfLayout;
  /** What was broken on purpose; empty for a right one. */
  readonly broken: string;
  readonly personality: number;
  /** 0: with CAP_SYS_RAWIO, to which vm.mmap_min_addr does not apply. */
  readonly uid: number;
  readonly stackLimit: bigint | undefined;
  readonly addressSpaceLimit: bigint | undefined;
  readonly dataLimit: bigint | undefined;
}

const { ADDR_NO_RANDOMIZE, ADDR_COMPAT_LAYOUT, READ_IMPLIES_EXEC, ADDR_LIMIT_3GB, MMAP_PAGE_ZERO } = PERSONALITY;
const PERSONALITIES = [0, ADDR_NO_RANDOMIZE, ADDR_COMPAT_LAYOUT, READ_IMPLIES_EXEC, ADDR_LIMIT_3GB, MMAP_PAGE_ZERO];

const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 15, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const personality = fc
  .tuple(
    fc.constantFrom(0, ADDR_NO_RANDOMIZE),
    fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(...PERSONALITIES) }),
  )
  .map(([one, other]) => one | other);

const pages = (max: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max }).map((count) => count * 4096n);

const conditions = fc.record({
  personality,
  uid: fc.constantFrom(65534, 65534, 65534, 0),
  stackLimit: seldom(
    fc.oneof(
      pages(64n).map((size) => size + 0x2_0000n),
      fc.constantFrom(64n << 20n, 1n << 30n, 1n << 46n),
    ),
  ),
  addressSpaceLimit: seldom(pages(128n)),
  dataLimit: seldom(pages(16n)),
});

/** Half of them right, half with one rule broken. */
export const launch: fc.Arbitrary<Launch> = fc
  .tuple(
    fc.oneof(
      validLayout.map((layout) => ({ layout, broken: '' })),
      brokenLayout.map(({ layout, rule }) => ({ layout, broken: rule })),
    ),
    conditions,
  )
  .map(([what, how]) => ({
    ...what,
    ...how,
    personality: how.personality | (AT_FIXED_PLACES.includes(what.broken) ? ADDR_NO_RANDOMIZE : 0),
  }));

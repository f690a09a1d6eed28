import type { Cell } from '../cell.ts';
import { Containers } from './container.ts';
import { Host } from './host.ts';
import type { Place } from './place.ts';

export const PLACE_NAMES = ['host', 'container'] as const;
export type PlaceName = (typeof PLACE_NAMES)[number];

export interface PlaceNames {
  readonly freezeIn?: PlaceName;
  readonly restoreIn?: PlaceName;
}

export interface Opening {
  /** Of the lab, the same in all places. */
  readonly dir: string;
  readonly interrupted: AbortSignal;
  /** What is being made ready. */
  readonly say: (what: string) => void;
}

export interface Places extends AsyncDisposable {
  readonly freezeIn: Place;
  readonly restoreIn: Place;
}

/** Makes both places ready for these cells; of one name they are one. Containers, if not said. */
export async function openPlaces(
  { freezeIn = 'container', restoreIn = 'container' }: PlaceNames,
  cells: readonly Cell[],
  opening: Opening,
): Promise<Places> {
  const opened = new Map<PlaceName, Place>();
  for (const name of [freezeIn, restoreIn]) if (!opened.has(name)) opened.set(name, await OPEN[name](cells, opening));
  return {
    freezeIn: opened.get(freezeIn)!,
    restoreIn: opened.get(restoreIn)!,
    async [Symbol.asyncDispose]() {
      for (const place of opened.values()) await place[Symbol.asyncDispose]();
    },
  };
}

const OPEN: Record<PlaceName, (cells: readonly Cell[], opening: Opening) => Promise<Place>> = {
  host: (_, { interrupted }) => Host.open(interrupted),
  container: (cells, opening) => Containers.open(cells, opening),
};

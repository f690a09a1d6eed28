import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Launch } from './arbitraries/launch.ts';

const FOLDER = fileURLToPath(new URL('corpus/', import.meta.url));

/** Launches that once showed the model wrong, by their file's name. */
export const readCorpus = (): [string, Launch][] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => [name, decodeLaunch(readFileSync(FOLDER + name, 'utf8'))]);

/** @returns the name of the file that keeps it */
export function keepLaunch(launch: Launch): string {
  const text = encodeLaunch(launch);
  const name = `${createHash('sha256').update(text).digest('hex').slice(0, 12)}.json`;
  writeFileSync(FOLDER + name, text);
  return `property-tests/corpus/${name}`;
}

/** Addresses and sizes are "0x…" strings. */
export const encodeLaunch = (launch: Launch): string =>
  `${JSON.stringify(launch, (_, value: unknown) => (typeof value === 'bigint' ? `${value < 0n ? '-' : ''}0x${(value < 0n ? -value : value).toString(16)}` : value), 2)}\n`;

const HEX = /^(-?)(0x[0-9a-f]+)$/;

function decodeLaunch(text: string): Launch {
  return JSON.parse(text, (_, value: unknown) => {
    const [, sign, digits] = (typeof value === 'string' && HEX.exec(value)) || [];
    return digits === undefined ? value : BigInt(digits) * (sign === '-' ? -1n : 1n);
  }) as Launch;
}

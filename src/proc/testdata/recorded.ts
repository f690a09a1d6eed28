import { readFileSync } from 'node:fs';

/** Recorded bytes of /proc; odd.c tells of which process. */
export const recorded = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, import.meta.url)));
export const recordedText = (name: string): string => Buffer.from(recorded(name)).toString('utf8');

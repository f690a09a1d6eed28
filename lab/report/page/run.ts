import type { RunRecord } from '../record.ts';

/** The run inside this file: JSON, deflated, in base64. */
export async function readRun(): Promise<RunRecord> {
  const text = document.getElementById('run')?.textContent ?? '';
  const bytes = Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return (await new Response(stream).json()) as RunRecord;
}

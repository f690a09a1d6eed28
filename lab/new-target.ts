import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface NewTarget {
  readonly name: string;
  /** One sentence. */
  readonly fact: string;
  /** The list in lab/targets/index.ts that its row goes to, in small letters. */
  readonly group: string;
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LIST = /^const ([A-Z]+): readonly TargetRow\[\] = \[\n/gm;
const LINE = 120;

/** It compiles, and says that it is not done until it is. */
const source = (fact: string): string => `// ${fact}
#include "target.h"

int main(void) {
  // Set the fact up here. NEED(condition) ends it where a host is not fit for it.
  frozen_here();
  // From here it is in the image. CHECK(condition, "what differs: %d", value) says what no longer holds.
  CHECK(0, "nothing is checked yet");
  return ok();
}
`;

/**
 * Writes the C file of a new target and puts its row at the end of its list.
 * @param targets the folder lab/targets of a checkout
 * @returns the C file's path
 * @throws before anything is written
 */
export async function writeNewTarget(targets: string, { name, fact, group }: NewTarget): Promise<string> {
  if (!NAME.test(name)) throw new Error(`a target is named like brk-grow-after, not ${JSON.stringify(name)}`);
  if (!/^[^\n]+\.$/.test(fact)) throw new Error('a fact is one sentence on one line, with its full stop');
  const path = join(targets, `${name}.c`);
  if (existsSync(path)) throw new Error(`${path} is already there`);
  const index = join(targets, 'index.ts');
  const rows = await readFile(index, 'utf8');
  if (rows.includes(`'${name}'`)) throw new Error(`${index} already has a row named ${name}`);
  const lists = [...rows.matchAll(LIST)].map(([, list]) => list!.toLowerCase());
  if (!lists.includes(group)) throw new Error(`there is no list ${group}; the lists are ${lists.join(', ')}`);

  const begin = rows.indexOf(`const ${group.toUpperCase()}: `);
  const end = rows.indexOf('\n];', begin) + 1;
  await writeFile(path, source(fact), { flag: 'wx' });
  await writeFile(index, rows.slice(0, end) + row(name, fact) + rows.slice(end));
  return path;
}

/** As prettier lays it out. */
function row(name: string, fact: string): string {
  const quoted = fact.includes("'") ? JSON.stringify(fact) : `'${fact.replaceAll('\\', String.raw`\\`)}'`;
  const words = [`'${name}'`, "'stdin'", quoted];
  const short = `  target(${words.join(', ')}),\n`;
  return short.length <= LINE + 1 ? short : `  target(\n${words.map((word) => `    ${word},\n`).join('')}  ),\n`;
}

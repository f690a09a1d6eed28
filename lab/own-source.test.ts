import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dir } from 'tmp-promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSource } from './own-source.ts';

describe('a C file of the user’s own', () => {
  let folder = '';
  let cleanup: () => Promise<void>;
  beforeEach(async () => ({ path: folder, cleanup } = await dir({ unsafeCleanup: true })));
  afterEach(() => cleanup());

  async function write(files: Record<string, string>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
  }

  it('comes alone when it includes nothing from beside it', async () => {
    await write({ 'a.c': '#include <stdio.h>\n', 'stdio.h': 'not this one' });
    expect(await readSource(join(folder, 'a.c'))).toEqual({ main: 'a.c', files: { 'a.c': '#include <stdio.h>\n' } });
  });

  it('comes with what it includes, and with what that includes, in a circle too', async () => {
    const files = {
      'a.c': '#include "b.h"\n  #  include "in/c.h"\n',
      'b.h': '#include "a.c"\n',
      'in/c.h': '#include "d.h"\n',
      'in/d.h': 'int d;\n',
    };
    await write(files);
    expect(await readSource(join(folder, 'a.c'))).toEqual({ main: 'a.c', files });
  });

  it('keeps its place beside folders above it', async () => {
    const files = { 'src/a.c': '#include "../include/b.h"\n', 'include/b.h': 'int b;\n' };
    await write({ ...files, 'src/other.h': '' });
    expect(await readSource(join(folder, 'src/a.c'))).toEqual({ main: 'src/a.c', files });
  });

  it('goes without what is not there', async () => {
    const files = { 'a.c': '#include "config.h"\n#include "a.c/b.h"\n#include "in"\n' };
    await write({ ...files, 'in/c.h': '' });
    expect(await readSource(join(folder, 'a.c'))).toEqual({ main: 'a.c', files });
  });

  it('must be there itself', async () => {
    await expect(readSource(join(folder, 'a.c'))).rejects.toThrow('ENOENT');
  });
});

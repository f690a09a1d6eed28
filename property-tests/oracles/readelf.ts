import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program header as readelf prints it. */
export interface ReadHeader {
  readonly offset: bigint;
  readonly vaddr: bigint;
  readonly filesz: bigint;
  readonly memsz: bigint;
  /** `R E`, `RW `… without its spaces. */
  readonly flags: string;
  readonly align: bigint;
}

/** Type, then five numbers, flags with spaces among them, and the alignment. */
const ROW =
  /^\s+\S+\s+(0x[0-9a-f]+)\s+(0x[0-9a-f]+)\s+0x[0-9a-f]+\s+(0x[0-9a-f]+)\s+(0x[0-9a-f]+)\s+([RWE ]*?)\s*(?:(0x[0-9a-f]+)|0)?$/;

/** What `program` -lW, readelf or eu-readelf, says of the headers of a file, in the order of the table. */
export async function readelf(program: 'readelf' | 'eu-readelf', path: string): Promise<ReadHeader[]> {
  const { stdout } = await run(program, ['-lW', path], { env: { ...process.env, LC_ALL: 'C' } });
  return stdout.split('\n').flatMap((line) => {
    const match = ROW.exec(line);
    if (!match) return [];
    const [, offset, vaddr, filesz, memsz, flags = '', align] = match;
    return [
      {
        offset: BigInt(offset!),
        vaddr: BigInt(vaddr!),
        filesz: BigInt(filesz!),
        memsz: BigInt(memsz!),
        flags: flags.replaceAll(' ', ''),
        align: BigInt(align ?? 0),
      },
    ];
  });
}

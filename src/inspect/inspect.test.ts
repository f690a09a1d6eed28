import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ElfreezeError } from '../base/errors.ts';
import { PLAIN } from '../cli/terminal.ts';
import { bufferAccess } from '../elf/read.ts';
import { readImageFile } from '../image/read.ts';
import { sampleImage } from '../image/testdata/sample-image.ts';
import { toJson } from '../snapshot/json.ts';
import { reportImage } from './image-report.ts';
import { inspect } from './inspect.ts';
import { printReport } from './print.ts';
import { tinyImage } from './testdata/tiny-image.ts';

const printed = (options: Parameters<typeof tinyImage>[0] = {}) =>
  printReport(reportImage(tinyImage(options)), PLAIN).join('\n');

describe('a small image', () => {
  it('is told in full', () => {
    expect(printed()).toMatchInlineSnapshot(`
      "image tiny.elf: continues process 4242 sample, x86-64, 1 thread
        /tmp/rec/small-pie.elf64, in /var/tmp
        frozen on Linux 6.18.0
        12 KiB of memory in a file of 36 KiB, which takes 32 KiB on disk
        anonymous memory becomes anonymous memory again

      the image's own program headers, entry point 0x101000
          0  PT_NOTE                                      at 0x0     the description of the process
          1  PT_LOAD       100000-101000 rw-              at 0x1000  the restorer's stack and data
          2  PT_LOAD       101000-102000 r-x              at 0x2000  the restorer's code
          3  PT_LOAD       102000-104000 rw-              at 0x3000  the restore program
          4  PT_LOAD       108000-109000 rw-              at 0x6000  the pack: memory that is moved to its place
          5  PT_LOAD       200000-201000 r-x              at 0x7000  remains: the last instructions
          6  PT_LOAD       560a0110f000-560a01110000 r-x  at 0x5000  memory of 560a0110f000-560a01110000 /tmp/rec/small-pie.elf64
          7  PT_LOAD       560a01111000-560a01112000 rw-  at 0x8000  memory of 560a01111000-560a01112000 /tmp/rec/small-pie.elf64
          8  PT_GNU_STACK                                            a stack that is not executable

      what will differ from what was recorded
        200000-202000  the restorer's remains

      what the restorer leaves mapped
        200000-202000, 8 KiB

      needs of the processor
        avx2

      memory
        560a0110f000-560a01110000 r-xp 00000000 /tmp/rec/small-pie.elf64  ← PT_LOAD 6
          560a0110f000-560a0110f2c8  PT_LOAD 2 r-x
            560a0110f238-560a0110f254  .interp
            560a0110f254-560a0110f278  .note.gnu.build-id
            560a0110f278-560a0110f294  .gnu.hash
            560a0110f298-560a0110f2b0  .dynsym
            560a0110f2b0-560a0110f2b1  .dynstr
            560a0110f2b1-560a0110f2c2  .text
            560a0110f2c2-560a0110f2c8  .rodata
        560a01110000-560a01111000 r--p 00000000 /tmp/rec/small-pie.elf64  ← 4 KiB from the pack
          560a01110f2c-560a01114020  PT_LOAD 3 rw-, zeros from 0x560a01111004 (goes on after this line)
            560a01110f2c-560a01110f30  .tdata
            560a01110f30-560a01111000  .dynamic
        560a01111000-560a01112000 rw-p 00001000 /tmp/rec/small-pie.elf64  ← PT_LOAD 7
          560a01110f2c-560a01114020  PT_LOAD 3 rw-, zeros from 0x560a01111004 (begins before this line, goes on after it)
            560a01111000-560a01111004  .data
            560a01111020-560a01114020  .bss (goes on after this line)
        560a01112000-560a01115000 rw-p 00000000                           ← fresh anonymous memory
          560a01110f2c-560a01114020  PT_LOAD 3 rw- of /tmp/rec/small-pie.elf64, zeros from 0x560a01111004 (begins before this line)
            560a01111020-560a01114020  .bss (begins before this line)
        7f724d78c000-7f724d78e000 rw-p 00000000                           ← fresh anonymous memory
        7f724d78e000-7f724d792000 r--p 00000000 [vvar]                    ← the running kernel's own
        7f724d794000-7f724d796000 r-xp 00000000 [vdso]                    ← fresh memory
        7fff0f32b000-7fff0f34c000 rw-p 00000000 [stack]                   ← fresh anonymous memory
        ffffffffff600000-ffffffffff601000 --xp 00000000 [vsyscall]        ← the running kernel's own

      program break
        break 560a40a9a000-560a40a9a123, 291 bytes of heap
          PT_LOAD 3 ends highest, at 0x560a01114020; page-aligned 0x560a01115000
          0x3f985000 above it: random, 0x40000000 at most (0x2000000 before Linux 6.9), and at least a page from Linux 6.10 on
          moved by a PT_LOAD that ends higher, wherever in the table and whatever its flags: the base moves to its end
          moved by ADDR_NO_RANDOMIZE (setarch -R), or kernel.randomize_va_space < 2: the break starts at the base
          moved by prctl(PR_SET_MM, PR_SET_MM_MAP), needs no privilege: start and end are set to the byte
          moved by brk(2): the end moves, never the start

      threads
        4242 sample
          at        0x560a0110f2bb _start+0x2 (/tmp/rec/small-pie.elf64), stack pointer 0x7fff0f34bf00
          waits in  pause
          blocked   INT USR2
          pending   USR2
          rax=0xfffffffffffffdfe  orig_rax=0x22  rip=0x560a0110f2bb  rsp=0x7fff0f34bf00

      signals
        pending       USR1
        ignored       PIPE
        handles USR1  at 0x560a0110f2b1 greet (/tmp/rec/small-pie.elf64), SA_RESTORER|SA_RESTART

      timers
        ITIMER_REAL    in 1500 µs
        POSIX timer 3  CLOCK_MONOTONIC, in 1500 µs, then every 2000 µs
        POSIX timer 4  CLOCK_MONOTONIC, off

      descriptors
          0  stdio  whatever the image's caller has
          3  file   /var/log/a\\x1b[2J                O_RDWR|O_APPEND|O_LARGEFILE, at 9
          4  file   /var/log/a\\x1b[2J                O_RDWR|O_APPEND|O_LARGEFILE|O_CLOEXEC, at 9, shares descriptor 3
          5  pipe   pipe:[77], write end             O_WRONLY"
    `);
  });

  it('has its restore program as strace would print it', () => {
    expect(printed({ program: true })).toMatchInlineSnapshot(`
      "image tiny.elf: continues process 4242 sample, x86-64, 1 thread
        /tmp/rec/small-pie.elf64, in /var/tmp
        frozen on Linux 6.18.0
        12 KiB of memory in a file of 36 KiB, which takes 32 KiB on disk
        anonymous memory becomes anonymous memory again

      restore program
         0  cpuid(0x7, 0x0, ebx, 0x20)                                                                # else: this CPU lacks avx2
         1  prlimit64(0, RLIMIT_NOFILE, {rlim_cur=1024, rlim_max=RLIM64_INFINITY}, NULL) = any, if ok skips to 3  # set resource limit 7
         2  fail()                                                                                    # no such limit
         3  $fd = openat(AT_FDCWD, "/var/log/a", O_RDWR|O_APPEND, 0) = ok                             # open /var/log/a
         4  dup2($fd, 3) = ok                                                                         # make it descriptor 3
         5  check(*(u32 *)&$fd == 0x3) if so skips to 7
         6  close($fd) = ok                                                                           # close the temporary descriptor
         7  mmap(0x560a01112000, 12288, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = ok  # make the memory
         8  copy(0x560a01112000, 0x108000, 0x1000)                                                    # fill it
         9  setpriority(PRIO_PROCESS, 0, 5) = ok or -EACCES                                           # set the nice value 5
        10  getpid() = -EINVAL                                                                        # ask for nothing
        11  syscall_162(0x1, 0xabc) = ok                                                              # do what no table knows
        12  finish(0x200000, 0x100000, 0x9000)                                                        # continue the process"
    `);
  });

  it('tells segments from the headers in its memory when the program is gone', () => {
    const [first] = reportImage(tinyImage({ onHost: false })).mappings;
    expect(first?.segments.map(({ index }) => index)).toEqual([2]);
    expect(first?.sections).toEqual([]);
  });

  it('has one object as JSON, with addresses in hex', () => {
    const report = JSON.parse(toJson(reportImage(tinyImage({ program: true })))) as Record<string, unknown>;
    expect(Object.keys(report).sort()).toMatchInlineSnapshot(`
      [
        "arch",
        "brk",
        "comm",
        "cpu",
        "cwd",
        "declaredDifferences",
        "descriptors",
        "entry",
        "exe",
        "headers",
        "kernelRelease",
        "kind",
        "lazy",
        "mappings",
        "path",
        "pid",
        "program",
        "remains",
        "signals",
        "size",
        "threads",
        "timers",
      ]
    `);
    expect(report['declaredDifferences']).toEqual([
      { start: '0x200000', end: '0x202000', reason: "the restorer's remains" },
    ]);
    expect((report['mappings'] as unknown[])[1]).toMatchInlineSnapshot(`
      {
        "carrier": {
          "by": "view",
          "inPlace": [],
          "packed": "0x1000",
        },
        "end": "0x560a01111000",
        "kind": "file",
        "offset": "0x0",
        "path": "/tmp/rec/small-pie.elf64",
        "perms": "r--p",
        "sections": [
          {
            "end": "0x560a01110f30",
            "endsAfter": false,
            "index": 9,
            "name": ".tdata",
            "path": "/tmp/rec/small-pie.elf64",
            "start": "0x560a01110f2c",
            "startsBefore": false,
          },
          {
            "end": "0x560a01111000",
            "endsAfter": false,
            "index": 11,
            "name": ".dynamic",
            "path": "/tmp/rec/small-pie.elf64",
            "start": "0x560a01110f30",
            "startsBefore": false,
          },
        ],
        "segments": [
          {
            "end": "0x560a01114020",
            "endsAfter": true,
            "fileEnd": "0x560a01111004",
            "index": 3,
            "path": "/tmp/rec/small-pie.elf64",
            "perms": "rw-",
            "start": "0x560a01110f2c",
            "startsBefore": false,
          },
        ],
        "start": "0x560a01110000",
      }
    `);
  });
});

describe('a hostile image', () => {
  const bytes = sampleImage();
  /** Reads and prints it all; whatever is no ElfreezeError is thrown. */
  const outcome = (image: Uint8Array): string => {
    try {
      const file = bufferAccess(image);
      const opened = { path: 'x', file, ...readImageFile('x', file) };
      for (const program of [false, true]) {
        printReport(reportImage({ image: opened, diskSize: 0n, hostFile: () => undefined, program }), PLAIN);
      }
      return 'ok';
    } catch (error) {
      if (error instanceof ElfreezeError) return error.code;
      throw error;
    }
  };

  it('ends in a report or in a code whichever bytes are changed', () => {
    const HEADERS = 64 + 56 * 6;
    const at = fc.oneof(fc.nat(HEADERS), fc.nat(bytes.length - 1));
    fc.assert(
      fc.property(fc.array(fc.tuple(at, fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
        const image = Uint8Array.from(bytes);
        for (const [place, value] of changes) image[place] = value;
        expect(outcome(image)).toMatch(/^(ok|IMAGE_\w+|ELF_\w+)$/);
      }),
    );
  });
});

describe('this process', () => {
  const report = inspect(process.pid);

  it('is a process, with its threads, descriptors and break', () => {
    expect(report).toMatchObject({ kind: 'process', pid: process.pid, arch: 'x86-64', exe: process.execPath });
    expect(report.threads.map(({ tid }) => tid)).toContain(process.pid);
    expect(report.threads.length).toBeGreaterThan(1);
    expect(report.descriptors.length).toBeGreaterThan(2);
    expect(report.brk).toMatchObject({ exact: false, explanation: { placement: 'randomised' } });
  });

  it('has the text of its program in an executable line', () => {
    const home = report.mappings.find(({ sections }) =>
      sections.some(({ name, path }) => name === '.text' && path === report.exe),
    );
    expect(home?.perms).toBe('r-xp');
  });

  it('has the functions of the vdso in [vdso]', () => {
    const vdso = report.mappings.find(({ path }) => path === '[vdso]');
    expect(vdso?.sections.map(({ name }) => name)).toContain('.dynsym');
  });

  it('is printed without control characters', () => {
    // oxlint-disable-next-line no-control-regex
    expect(printReport(report, PLAIN).join('\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

it.each([
  ['a process has no restore program', () => inspect(process.pid, { program: true }), 'USAGE'],
  ['there is no such process', () => inspect(2 ** 30), 'NO_SUCH_PROCESS'],
  ['there is no such file', () => inspect('/nowhere/x.elf'), 'NO_SUCH_FILE'],
  ['a program is no image', () => inspect(process.execPath), 'IMAGE_INVALID'],
])('%s', (_, look, code) => {
  expect(look).toThrow(expect.objectContaining({ code }));
});

/** The restorer's machine code, run by the kernel: each test is a small ELF executable around a restore program. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { dir } from 'tmp-promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runsIa32 } from '../sys/tiny-program.ts';
import { RESTORER } from './restorer.generated.ts';
import { type Arg, encodeProgram, FIRST_FREE_SLOT, type OpName, PRESET_SLOT, RELATION, type Step } from './steps.ts';

type ArchName = keyof typeof RESTORER;
type Call =
  | 'epoll_create1'
  | 'getsockname'
  | 'write'
  | 'getpid'
  | 'exit_group'
  | 'madvise'
  | 'dup'
  | 'close'
  | 'mmap'
  | 'kill'
  | 'prctl'
  | 'rt_sigprocmask';

const CALLS: Record<ArchName, Record<Call, number>> = {
  'x86-64': {
    epoll_create1: 291,
    getsockname: 51,
    write: 1,
    getpid: 39,
    exit_group: 231,
    madvise: 28,
    dup: 32,
    close: 3,
    mmap: 9,
    rt_sigprocmask: 14,
    kill: 62,
    prctl: 157,
  },
  i386: {
    epoll_create1: 329,
    getsockname: 367,
    write: 4,
    getpid: 20,
    exit_group: 252,
    madvise: 219,
    dup: 41,
    close: 6,
    mmap: 192,
    rt_sigprocmask: 175,
    kill: 37,
    prctl: 172,
  },
};

const PAGE = 4096;
const MAP_PRIVATE = 2n;
/** Where the parts of every test image are. */
const CODE = 0x10000000n;
const DATA = 0x11000000n;
const WORK = 0x12000000n;
const STACK_TOP = WORK + 0x8000n;
const TAIL = WORK + 0x9000n;
/** Free for the tests: writable and executable. */
const ROOM = WORK + 0xa000n;
const WORK_SIZE = 0x10000n;
const WINDOW = 0x14000000n;
const VDSO_PLACE = 0x15000000n;

let folder: Awaited<ReturnType<typeof dir>>;
let made = 0;
beforeAll(async () => {
  folder = await dir({ unsafeCleanup: true });
});
afterAll(() => folder.cleanup());

describe.each(['x86-64', 'i386'] as const)('the %s restorer', (arch) => {
  beforeEach(({ skip }) =>
    skip(arch === 'i386' && !runsIa32(), 'this kernel runs no programs of 32 bits (ia32_emulation)'),
  );
  const bytesPerWord = arch === 'i386' ? 4 : 8;
  const blob = Buffer.from(RESTORER[arch].code, 'base64');

  const call = (name: Call, args: readonly Arg[], more: Partial<Step> = {}): Step =>
    step('syscall', args, { nr: CALLS[arch][name], name, sentence: `call ${name}`, expect: { kind: 'ok' }, ...more });
  const exit = (status: Arg): Step => call('exit_group', [status]);

  /** Writes the image; the first bytes of DATA are `data`, read-only unless `dataFlags` says otherwise. */
  function image(steps: readonly Step[], data: Uint8Array = Buffer.alloc(PAGE), damage = false): string {
    const start = pageAlign(blob.length);
    const place = { base: CODE + BigInt(start), slots: WORK, stackTop: STACK_TOP, tail: TAIL, seal: 0n, sums: 0n };
    const program = encodeProgram(steps, place);
    if (damage) program[0] = 0;
    const code = Buffer.concat([blob, Buffer.alloc(start - blob.length), program]);
    const path = join(folder.path, `${arch}-${made++}`);
    writeFileSync(path, elf(arch, CODE + BigInt(RESTORER[arch].entry), code, data), { mode: 0o700 });
    return path;
  }

  function run(steps: readonly Step[], data?: Uint8Array, env: Record<string, string> = {}) {
    const { status, signal, stdout, stderr } = spawnSync(image(steps, data), ['one', 'two'], { env, encoding: 'utf8' });
    return { status: signal ?? status, stdout, stderr };
  }

  /** Steps that continue at ROOM with stack `sp`. `code` and the signal frame are what `data` returns. */
  function continueAt(code: Uint8Array, mask = 0n): { steps: Step[]; data: Uint8Array } {
    const frame = signalFrame(arch, ROOM, ROOM + 0x2000n, mask);
    const { start, end } = RESTORER[arch].tail;
    const steps = [
      step('copy', [TAIL, CODE + BigInt(start), BigInt(end - start)]),
      step('copy', [ROOM, DATA, BigInt(code.length)]),
      step('copy', [ROOM + 0x3000n, DATA + BigInt(PAGE), BigInt(frame.length)]),
      step('finish', [ROOM + 0x3000n, CODE, BigInt(pageAlign(blob.length))]),
    ];
    return { steps, data: Buffer.concat([pad(code, PAGE), pad(frame, PAGE)]) };
  }

  /** Writes "own" and ends with 7. */
  const ownCode = Buffer.concat([
    systemCall(arch, CALLS[arch].write, 1, Number(ROOM) + 0x100, 4),
    systemCall(arch, CALLS[arch].exit_group, 7, 0, 0),
  ]);
  const own = pad(Buffer.concat([pad(ownCode, 0x100), Buffer.from('own\n')]), 0x200);

  it('runs the steps in order', () => {
    const result = run([call('write', [1n, DATA, 3n]), exit(5n)], Buffer.from('hi\n'));
    expect(result).toEqual({ status: 5, stdout: 'hi\n', stderr: '' });
  });

  it('ends with 126 and the error when a call fails', () => {
    const result = run([call('close', [99n], { sentence: 'close descriptor 99' }), exit(0n)]);
    expect(result).toEqual({
      status: 126,
      stdout: '',
      stderr: 'elfreeze: cannot close descriptor 99: Bad file descriptor (EBADF)\n',
    });
  });

  it('runs the steps of a thread in that thread, which may fail for all', () => {
    const [stack, gate, entry] = [WORK + 0x4000n, ROOM, ROOM + 0x40n];
    const result = run([
      step('thread', [stack, gate, entry], { sentence: 'cannot start thread 7', skip: 2 }),
      call('write', [1n, DATA, 3n]),
      call('close', [99n], { sentence: 'close descriptor 99 of thread 7' }),
      exit(5n),
    ], Buffer.from('in\n')); // prettier-ignore
    const stderr = 'elfreeze: cannot close descriptor 99 of thread 7: Bad file descriptor (EBADF)\n';
    expect(result).toEqual({ status: 126, stdout: 'in\n', stderr });
  });

  it('tells an unexpected value from the expected one', () => {
    const wanted = { expect: { kind: 'exactly', value: 0x20n }, sentence: 'write all' } as const;
    expect(run([call('write', [1n, DATA, 3n], wanted)]).stderr).toBe('elfreeze: cannot write all: got 0x3, not 0x20\n');
  });

  it('accepts an address in the upper half of 32 bits as exactly what was asked for', () => {
    const high = arch === 'i386' ? 0xd0000000n : 0x7000_d0000000n;
    const map = call('mmap', [high, 4096n, 3n, 0x32n, -1n, 0n], { expect: { kind: 'exactly', value: high } });
    expect(run([map, exit(3n)]).status).toBe(3);
  });

  it('accepts the one error that a step allows', () => {
    const close = (errno: number) => call('close', [99n], { expect: { kind: 'okOr', errno } });
    expect(run([close(9), exit(4n)]).status).toBe(4);
    expect(run([close(11), exit(4n)]).status).toBe(126);
  });

  it('names an error that it has no text for by its number', () => {
    // ENOTSOCK, 88: an epoll descriptor is no socket.
    const fd = FIRST_FREE_SLOT;
    const result = run([
      call('epoll_create1', [0n], { keep: fd }),
      call('getsockname', [{ slot: fd }, ROOM, ROOM], { sentence: 'ask for a name' }),
    ]);
    expect(result.stderr).toBe('elfreeze: cannot ask for a name: error 88\n');
  });

  it('jumps over steps when a call succeeds and goes on when it fails', () => {
    const any = { expect: { kind: 'any' }, skip: 1 } as const;
    expect(run([call('getpid', [], any), exit(1n), exit(2n)]).status).toBe(2);
    expect(run([call('close', [99n], any), exit(1n), exit(2n)]).status).toBe(1);
  });

  it('keeps results in slots and takes arguments from them', () => {
    const keep = FIRST_FREE_SLOT;
    const result = run(
      [call('dup', [1n], { keep }), call('write', [{ slot: keep }, DATA, 2n]), exit(0n)],
      Buffer.from('ok'),
    );
    expect(result).toEqual({ status: 0, stdout: 'ok', stderr: '' });
  });

  it('fills the slots for pid, arguments, environment, file name and vdso', () => {
    const program = image([
      call('getpid', [], { keep: FIRST_FREE_SLOT }),
      step('store', [ROOM, 8n, { slot: PRESET_SLOT.pid }]),
      step('check', [ROOM, 4n, BigInt(RELATION.eq), { slot: FIRST_FREE_SLOT }]),
      step('check', [{ slot: PRESET_SLOT.initialStack }, 4n, BigInt(RELATION.eq), 3n]),
      step('check', [{ slot: PRESET_SLOT.vdso }, 4n, BigInt(RELATION.eq), 0x464c457fn]),
      call('write', [1n, { slot: PRESET_SLOT.execFilename }, 4n]),
      step('copy', [ROOM, { slot: PRESET_SLOT.argv }, 8n]),
      step('copy', [ROOM + 8n, { slot: PRESET_SLOT.envp }, 8n]),
      // Taking a word out of memory needs a slot: the slots themselves are memory.
      step('copy', [WORK + 8n * 20n, ROOM + BigInt(0), BigInt(bytesPerWord)]),
      step('copy', [WORK + 8n * 21n, ROOM + 8n, BigInt(bytesPerWord)]),
      call('write', [1n, { slot: 20 }, 5n]),
      call('write', [1n, { slot: 21 }, 3n]),
      exit(0n),
    ]);
    const result = spawnSync(program, ['a', 'b'], { argv0: 'title', env: { X: '1' }, encoding: 'utf8' });
    expect(result).toMatchObject({ status: 0, stderr: '', stdout: `${program.slice(0, 4)}titleX=1` });
  });

  it('complains on the descriptor in the stderr slot', () => {
    const result = run([call('dup', [1n], { keep: PRESET_SLOT.stderr }), step('fail', [], { sentence: 'no way on' })]);
    expect(result).toEqual({ status: 126, stdout: 'elfreeze: no way on\n', stderr: '' });
  });

  it.each([
    ['eq', 2n, 0x0201n, true],
    ['eq', 4n, 0x0201n, false],
    ['eq', 8n, 0x0807060504030201n, true],
    ['ne', 1n, 1n, false],
    ['ge', 1n, 2n, false],
    ['ge', 8n, 0x0807060504030201n, true],
    ['ge', 8n, 0xf000000000000000n, false],
  ] as const)('compares memory: %s of %d bytes with %d', (relation, size, value, good) => {
    const data = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]);
    const check = step('check', [DATA, size, BigInt(RELATION[relation]), value], { sentence: 'no match' });
    expect(run([check, exit(9n)], data).status).toBe(good ? 9 : 126);
    expect(run([{ ...check, skip: 1 }, exit(8n), exit(9n)], data).status).toBe(good ? 9 : 8);
  });

  it('stores exactly as many bytes as asked', () => {
    const steps = [
      step('store', [ROOM, 8n, 0x1111111111111111n]),
      step('store', [ROOM, 2n, 0xffffn]),
      step('check', [ROOM, 8n, BigInt(RELATION.eq), 0x111111111111ffffn]),
      exit(0n),
    ];
    expect(run(steps).status).toBe(0);
  });

  it('requires processor features', () => {
    const sse2 = step('cpuid', [1n, 0n, 3n, 1n << 26n], { sentence: 'no SSE2' });
    const reserved = step('cpuid', [1n, 0n, 3n, 1n << 10n], { sentence: 'no bit 10' });
    const noLeaf = step('cpuid', [0x7fffn, 0n, 0n, 1n], { sentence: 'no such leaf' });
    expect(run([sse2, exit(0n)]).status).toBe(0);
    expect(run([reserved, exit(0n)])).toEqual({ status: 126, stdout: '', stderr: 'elfreeze: no bit 10\n' });
    expect(run([noLeaf, exit(0n)]).stderr).toBe('elfreeze: no such leaf\n');
    expect(run([{ ...reserved, skip: 1 }, exit(1n), exit(2n)]).status).toBe(1);
  });

  it('requires extended state that the kernel enabled', () => {
    expect(run([step('xgetbv', [3n]), exit(0n)]).status).toBe(0);
    expect(run([step('xgetbv', [1n << 62n], { sentence: 'no XCR0 bit 62' })]).stderr).toBe(
      'elfreeze: no XCR0 bit 62\n',
    );
  });

  it('turns file mappings into anonymous memory with the same bytes', () => {
    const pages = 11;
    const data = Buffer.alloc(pages * PAGE);
    for (let at = 0; at < data.length; at += 8) data.writeBigUInt64LE(BigInt(at) + 1n, at);
    const pageHolds = (page: number, value: (at: number) => bigint) =>
      [0, PAGE - 8].map((within) => {
        const at = page * PAGE + within;
        return step('check', [DATA + BigInt(at), 8n, BigInt(RELATION.eq), value(at)], {
          sentence: `page ${page} is wrong`,
        });
      });
    const each = (value: (at: number) => bigint) =>
      Array.from({ length: pages }, (_, page) => pageHolds(page, value)).flat();
    const length = BigInt(data.length);
    const result = run(
      [
        step('anonymise', [DATA, length, WINDOW, 4n * BigInt(PAGE), MAP_PRIVATE]),
        ...each((at) => BigInt(at) + 1n),
        call('madvise', [DATA, length, 4n]),
        ...each(() => 0n),
        call('madvise', [WINDOW, BigInt(PAGE), 4n], {
          expect: { kind: 'exactly', value: -12n },
          sentence: 'find the window empty',
        }),
        exit(0n),
      ],
      data,
    );
    expect(result).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('says why memory cannot be made anonymous', () => {
    const steps = [step('anonymise', [WINDOW + 0x100000n, 4096n, WINDOW, 4096n, MAP_PRIVATE], { sentence: 'no heap' })];
    expect(run(steps).stderr).toBe('elfreeze: no heap: Bad address (EFAULT)\n');
  });

  it('traces each step on one line', () => {
    const steps = [
      call('close', [99n], { expect: { kind: 'any' } }),
      call('dup', [2n], { sentence: 'copy stderr' }),
      step('store', [ROOM, 8n, 1n], { sentence: 'nothing' }),
      exit(0n),
    ];
    expect(run(steps, undefined, { ELFREEZE_TRACE: '1' }).stderr).toBe(
      'close(0x63) = -EBADF  call close\ndup(0x2) = 0x3  copy stderr\nstore(0x1200a000, 0x8, 0x1)  nothing\n',
    );
    expect(run(steps).stderr).toBe('');
  });

  it('goes back to an earlier step as often as a comparison says', () => {
    const slot = { slot: FIRST_FREE_SLOT };
    const until = [WORK + BigInt(FIRST_FREE_SLOT * 8), 4n, BigInt(RELATION.ne), 9n];
    const steps = [call('dup', [1n], { keep: slot.slot }), step('check', until, { skip: -2 }), exit(slot)];
    expect(run(steps).status).toBe(9);
  });

  it('keeps the reason when the sentence is longer than a line', () => {
    const { stderr } = run([call('close', [99n], { sentence: 'x'.repeat(5000) })]);
    expect(stderr.endsWith('x: Bad file descriptor (EBADF)\n')).toBe(true);
  });

  it('refuses a damaged program and one without an end', () => {
    const damaged = spawnSync(image([exit(0n)], undefined, true), { encoding: 'utf8' });
    expect(damaged).toMatchObject({ status: 126, stderr: 'elfreeze: the restore program is missing or damaged\n' });
    expect(run([]).stderr).toBe('elfreeze: the restore program has no end\n');
  });

  it('finishes by unmapping itself and returning into the signal frame', () => {
    const { steps, data } = continueAt(own);
    expect(run(steps, data)).toEqual({ status: 7, stdout: 'own\n', stderr: '' });
  });

  it('stops before the first own instruction when ELFREEZE_STOP is set, alone and untraced', async () => {
    const mask = 1n << 11n; // SIGUSR2
    const { steps, data } = continueAt(own, mask);
    const child = spawn(
      image([call('rt_sigprocmask', [0n, DATA + BigInt(2 * PAGE), 0n, 8n]), ...steps], allOnes(data)),
      {
        env: { ELFREEZE_STOP: '1' },
      },
    );
    const output = text(child);
    const status = await stopped(child);
    expect(status).toMatchObject({ State: 'T (stopped)', TracerPid: '0', SigBlk: mask.toString(16).padStart(16, '0') });
    const proc = `/proc/${child.pid}`;
    const [number, sp, pc] = readFileSync(`${proc}/syscall`, 'utf8').trim().split(' ');
    expect([number, BigInt(sp ?? 0), BigInt(pc ?? 0)]).toEqual(['-1', ROOM + 0x2000n, ROOM]);
    expect(readFileSync(`${proc}/task/${child.pid}/children`, 'utf8')).toBe('');
    expect(readFileSync(`${proc}/maps`, 'utf8')).not.toMatch(/^10000000-/m);
    child.kill('SIGCONT');
    expect(await once(child, 'exit')).toEqual([7, null]);
    expect(await output).toBe('own\n');
  });

  it('leaves no helper behind for a process that adopts orphans', async () => {
    const { steps, data } = continueAt(own);
    const child = spawn(image([call('prctl', [36n, 1n]), ...steps], data), { env: { ELFREEZE_STOP: '1' } });
    await stopped(child);
    expect(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).toBe('');
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('holds a pending signal back until it is continued', async () => {
    const { steps, data } = continueAt(own);
    const block = call('rt_sigprocmask', [0n, DATA + BigInt(2 * PAGE), 0n, 8n]);
    const raise = call('kill', [{ slot: PRESET_SLOT.pid }, 10n]);
    const child = spawn(image([block, raise, ...steps], allOnes(data)), { env: { ELFREEZE_STOP: '1' } });
    const output = text(child);
    expect(await stopped(child)).toMatchObject({ SigBlk: '0000000000000000', ShdPnd: '0000000000000200' });
    child.kill('SIGCONT');
    expect(await once(child, 'exit')).toEqual([null, 'SIGUSR1']);
    expect(await output).toBe('');
  });

  it('says that starting stopped needs ptrace when another traces it', () => {
    const { steps, data } = continueAt(own);
    const result = spawnSync('strace', ['-qq', '-o', '/dev/null', image(steps, data)], {
      env: { ELFREEZE_STOP: '1', PATH: process.env.PATH },
      encoding: 'utf8',
    });
    expect(result).toMatchObject({
      status: 126,
      stderr:
        'elfreeze: starting stopped needs tracing, which is not permitted here: Operation not permitted (EPERM)\n',
    });
  });

  describe('with a saved vdso function', () => {
    const saved = ROOM + 0x1000n;
    const name = DATA + BigInt(2 * PAGE);
    const fallback = name + 64n;
    const destination = step('vdsoMove', [VDSO_PLACE, 0x10000n], { sentence: 'the vdso stays' });
    /** mov $33, %eax; ret */
    const returns33 = Buffer.from([0xb8, 33, 0, 0, 0, 0xc3]);

    function forward(
      symbol: string,
      code: Uint8Array,
      before: readonly Step[] = [],
    ): { steps: Step[]; data: Uint8Array } {
      const { steps, data } = continueAt(code);
      const more = pad(Buffer.concat([pad(Buffer.from(symbol), 64), returns33]), PAGE);
      const write = step('vdsoForward', [saved, name, fallback, BigInt(returns33.length)]);
      return { steps: [...before, write, ...steps], data: Buffer.concat([data, more]) };
    }

    /** Calls the saved function with (1, &timespec), then ends with its result, plus 64 when it wrote no seconds. */
    const asksTheTime = callsTheTime(arch, saved);

    it.each([[[]], [[destination]]])('forwards it to the live vdso (%#)', (before) => {
      const { steps, data } = forward('__vdso_clock_gettime', asksTheTime, before);
      expect(run(steps, data)).toEqual({ status: 0, stdout: '', stderr: '' });
    });

    it('writes the fallback over what the live vdso has not', () => {
      const { steps, data } = forward('__vdso_no_such_thing', asksTheTime, [destination]);
      expect(run(steps, data).status).toBe(33 + 64);
    });

    it('writes the fallback where there is no live vdso', () => {
      const { steps, data } = forward('__vdso_clock_gettime', asksTheTime, [
        step('store', [WORK + 32n, 8n, 0n]),
        destination,
      ]);
      expect(run(steps, data).status).toBe(33 + 64);
    });

    it('moves the live vdso and its data to the room for them', async () => {
      const { steps, data } = forward('__vdso_clock_gettime', asksTheTime, [destination]);
      const child = spawn(image(steps, data), { env: { ELFREEZE_STOP: '1' } });
      await stopped(child);
      const maps = readFileSync(`/proc/${child.pid}/maps`, 'utf8');
      expect(maps).toMatch(/^15006000-\S+ r-xp .*\[vdso\]$/m);
      for (const [, start] of maps.matchAll(/^(\w+)-.*\[vvar/gm)) expect(start).toMatch(/^1500[024]000$/);
      child.kill('SIGKILL');
      await once(child, 'exit');
    });

    it('leaves the vdso alone when the room is too small', () => {
      const small = step('vdsoMove', [VDSO_PLACE, 0x7000n]);
      const { steps, data } = forward('__vdso_clock_gettime', asksTheTime, [small]);
      expect(run(steps, data).status).toBe(33 + 64);
    });

    // Only an i386 vdso has it.
    it.each([arch].filter((machine) => machine === 'i386'))(
      'enters the kernel through the moved %s __kernel_vsyscall',
      () => {
        // mov $20 (getpid), %eax; call saved; test %eax, %eax; setle %bl; movzbl %bl, %ebx; mov $252, %eax; int $0x80
        const at = Number(ROOM);
        const code = Buffer.from([
          0xb8,
          20,
          0,
          0,
          0,
          0xe8,
          ...le32(Number(saved) - at - 10),
          0x85,
          0xc0,
          0x0f,
          0x9e,
          0xc3,
        ]);
        const end = Buffer.from([0x0f, 0xb6, 0xdb, 0xb8, 252, 0, 0, 0, 0xcd, 0x80]);
        const { steps, data } = forward('__kernel_vsyscall', Buffer.concat([code, end]), [destination]);
        expect(run(steps, data)).toEqual({ status: 0, stdout: '', stderr: '' });
      },
    );
  });
});

function step(op: OpName, args: readonly Arg[], more: Partial<Step> = {}): Step {
  return { op, nr: 0, name: op, args, expect: { kind: 'any' }, sentence: `${op} does not hold`, ...more };
}

function pageAlign(size: number): number {
  return Math.ceil(size / PAGE) * PAGE;
}

function pad(bytes: Uint8Array, size: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(size - bytes.length)]);
}

function allOnes(data: Uint8Array): Buffer {
  return Buffer.concat([data, Buffer.alloc(8, 0xff)]);
}

function le32(value: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return [...bytes];
}

/** An ET_EXEC of three segments: code (r-x), data (r--) and WORK (bss, rwx). */
function elf(arch: ArchName, entry: bigint, code: Uint8Array, data: Uint8Array): Buffer {
  const wide = arch === 'x86-64';
  const segments = [
    { type: 1, flags: 5, offset: PAGE, vaddr: CODE, filesz: code.length, memsz: code.length },
    { type: 1, flags: 4, offset: PAGE + pageAlign(code.length), vaddr: DATA, filesz: data.length, memsz: data.length },
    { type: 1, flags: 7, offset: 0, vaddr: WORK, filesz: 0, memsz: Number(WORK_SIZE) },
    { type: 0x6474e551, flags: 6, offset: 0, vaddr: 0n, filesz: 0, memsz: 0 },
  ];
  const ident = [0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  const half = (value: number) => [value & 0xff, value >> 8];
  const native = (value: bigint | number) => [...wordBytes(BigInt(value), wide ? 8 : 4)];
  const header = [
    ...ident,
    ...half(2),
    ...half(wide ? 62 : 3),
    ...le32(1),
    ...native(entry),
    ...native(wide ? 64 : 52),
    ...native(0),
    ...le32(0),
    ...half(wide ? 64 : 52),
    ...half(wide ? 56 : 32),
    ...half(segments.length),
    ...half(0),
    ...half(0),
    ...half(0),
  ];
  const table = segments.flatMap(({ type, flags, offset, vaddr, filesz, memsz }) => [
    ...le32(type),
    ...(wide ? le32(flags) : []),
    ...native(offset),
    ...native(vaddr),
    ...native(vaddr),
    ...native(filesz),
    ...native(memsz),
    ...(wide ? [] : le32(flags)),
    ...native(PAGE),
  ]);
  return Buffer.concat([pad(Buffer.from([...header, ...table]), PAGE), pad(code, pageAlign(code.length)), data]);
}

function wordBytes(value: bigint, size: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.subarray(0, size);
}

/**
 * What rt_sigreturn reads, from the stack pointer up, for code that starts at `pc` with no floating-point state.
 * @source arch/x86/include/uapi/asm/sigcontext.h, arch/x86/include/asm/sigframe.h
 */
function signalFrame(arch: ArchName, pc: bigint, sp: bigint, mask: bigint): Buffer {
  const frame = Buffer.alloc(512);
  if (arch === 'x86-64') {
    const context = 40; // after uc_flags, uc_link, uc_stack
    frame.writeBigUInt64LE(4n, 0); // UC_STRICT_RESTORE_SS
    frame.writeInt32LE(2, 24); // SS_DISABLE
    frame.writeBigUInt64LE(sp, context + 15 * 8);
    frame.writeBigUInt64LE(pc, context + 16 * 8);
    frame.writeBigUInt64LE(0x202n, context + 17 * 8);
    frame.writeUInt16LE(0x33, context + 18 * 8);
    frame.writeUInt16LE(0x2b, context + 18 * 8 + 6);
    frame.writeBigUInt64LE(mask, context + 256);
    return frame;
  }
  const context = 140 + 20; // after sig, pinfo, puc, info; uc_flags, uc_link, uc_stack
  frame.writeInt32LE(2, 140 + 12);
  for (const segment of [2, 3, 18]) frame.writeUInt32LE(0x2b, context + segment * 4);
  frame.writeUInt32LE(Number(sp), context + 7 * 4);
  frame.writeUInt32LE(Number(pc), context + 14 * 4);
  frame.writeUInt32LE(0x23, context + 15 * 4);
  frame.writeUInt32LE(0x202, context + 16 * 4);
  frame.writeBigUInt64LE(mask, context + 88);
  return frame;
}

/** mov of the number and three arguments, then the system call. */
function systemCall(arch: ArchName, nr: number, a: number, b: number, c: number): Buffer {
  const [opcodes, enter] =
    arch === 'i386'
      ? [
          [0xb8, 0xbb, 0xb9, 0xba],
          [0xcd, 0x80],
        ]
      : [
          [0xb8, 0xbf, 0xbe, 0xba],
          [0x0f, 0x05],
        ];
  return Buffer.from([...[nr, a, b, c].flatMap((value, i) => [opcodes[i] ?? 0, ...le32(value)]), ...enter]);
}

/** Code at ROOM that ends with the result of saved(1, timespec), plus 64 when the timespec's seconds are still zero. */
function callsTheTime(arch: ArchName, saved: bigint): Buffer {
  const timespec = Number(ROOM) + 0x1800;
  const seconds = [0x83, 0x3c, 0x25, ...le32(timespec), 0]; // cmpl $0, timespec
  if (arch === 'x86-64') {
    const before = [0xbf, ...le32(1), 0xbe, ...le32(timespec)]; // mov $1, %edi; mov $timespec, %esi
    const call = [0xe8, ...le32(Number(saved) - Number(ROOM) - before.length - 5)];
    const after = [0x89, 0xc7, ...seconds, 0x75, 3, 0x83, 0xc7, 64]; // mov %eax, %edi; cmpl; jne +3; add $64, %edi
    return Buffer.from([...before, ...call, ...after, 0xb8, ...le32(231), 0x0f, 0x05]);
  }
  const before = [0x68, ...le32(timespec), 0x6a, 1]; // push $timespec; push $1
  const call = [0xe8, ...le32(Number(saved) - Number(ROOM) - before.length - 5)];
  const after = [0x89, 0xc3, 0x83, 0x3d, ...le32(timespec), 0, 0x75, 3, 0x83, 0xc3, 64];
  return Buffer.from([...before, ...call, ...after, 0xb8, ...le32(252), 0xcd, 0x80]);
}

async function text(child: ChildProcess): Promise<string> {
  let all = '';
  for await (const part of child.stdout ?? []) all += String(part);
  return all;
}

/** Waits until the process is stopped and nobody traces it. @returns the fields of its /proc/PID/status */
async function stopped(child: ChildProcess): Promise<Record<string, string>> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const lines = readFileSync(`/proc/${child.pid}/status`, 'utf8').trim().split('\n');
    const status = Object.fromEntries(lines.map((line) => line.split(':\t') as [string, string]));
    if (status.State === 'T (stopped)' && status.TracerPid === '0') return status;
    if (Date.now() > deadline || child.exitCode !== null) throw new Error(`not stopped: ${status.State}`);
    await setImmediate();
  }
}

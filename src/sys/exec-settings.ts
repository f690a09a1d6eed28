import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { DEFAULT_CONDITIONS, type ExecConditions } from '../predict/conditions.ts';

/** What this process's execve would go by, as far as /proc tells it. */
export function execSettings(): ExecConditions {
  const status = text('self/status');
  const capabilities = BigInt(`0x${/^CapEff:\s+(\S+)/m.exec(status)?.[1] ?? '0'}`);
  const limits = text('self/limits');
  const arguments_ = text('self/environ').length;
  return {
    ...DEFAULT_CONDITIONS,
    randomize: Math.min(2, Number(text('sys/kernel/randomize_va_space') || 2)) as 0 | 1 | 2,
    personality: Number.parseInt(text('self/personality') || '0', 16),
    mmapMinAddr: (capabilities & CAP_SYS_RAWIO) === 0n ? BigInt(text('sys/vm/mmap_min_addr').trim() || '65536') : 0n,
    stackLimit: limitOf(limits, 'Max stack size'),
    addressSpaceLimit: limitOf(limits, 'Max address space'),
    dataLimit: limitOf(limits, 'Max data size'),
    memory: text('sys/vm/overcommit_memory').trim() === '0' ? BigInt(totalmem()) + swap() : undefined,
    randomBits: {
      32: Number(text('sys/vm/mmap_rnd_compat_bits') || 8),
      64: Number(text('sys/vm/mmap_rnd_bits') || 28),
    },
    la57: /^flags.*\bla57\b/m.test(text('cpuinfo')),
    argBytes: BigInt(arguments_),
  };
}

const CAP_SYS_RAWIO = 1n << 17n;

/** A file of /proc; empty where this host has none, or does not show it. */
function text(name: string): string {
  try {
    return readFileSync(`/proc/${name}`, 'latin1');
  } catch {
    return ''; // the defaults stand for it
  }
}

function limitOf(limits: string, name: string): bigint | undefined {
  const soft = new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(limits)?.[1];
  return soft === undefined || soft === 'unlimited' ? undefined : BigInt(soft);
}

const swap = (): bigint => BigInt(/^SwapTotal:\s+(\d+) kB/m.exec(text('meminfo'))?.[1] ?? 0) << 10n;

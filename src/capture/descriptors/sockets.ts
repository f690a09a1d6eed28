import { procText } from '../../sys/procfs.ts';

const TABLES = ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6'] as const;
const TCP_LISTEN = '0A';

/** A socket in words, `TCP socket 192.0.2.1:80`, from the tables of its network namespace. @source proc_pid_net(5) */
export function describeSocket(pid: number, inode: bigint): string {
  for (const table of TABLES) {
    const row = rows(pid, table).find((columns) => columns[9] === String(inode));
    if (!row) continue;
    const [, local = '', remote = '', state] = row;
    const protocol = table.replace('6', '').toUpperCase();
    return state === TCP_LISTEN || /^0+:0+$/.test(remote)
      ? `${protocol} socket bound to ${address(local)}`
      : `${protocol} socket ${address(remote)}`;
  }
  const unix = rows(pid, 'unix').find((columns) => columns[6] === String(inode));
  if (unix) return `UNIX socket ${unix[7] ?? '(no name)'}`;
  return `socket:[${inode}]`;
}

function rows(pid: number, table: string): string[][] {
  try {
    return procText(pid, `net/${table}`)
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/));
  } catch {
    return []; // a protocol that this kernel does not have
  }
}

/** `0100007F:0050` → `127.0.0.1:80`; words are in host order. */
function address(text: string): string {
  const [ip = '', port = ''] = text.split(':');
  const words = ip.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)));
  const name =
    bytes.length === 4 ? bytes.join('.') : `[${(Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []).join(':')}]`;
  return `${name}:${Number.parseInt(port, 16)}`;
}

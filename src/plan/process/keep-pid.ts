import { PRESET_SLOT, RELATION } from '../../restorer/steps.ts';
import type { Thread } from '../../snapshot/thread.ts';
import type { Program } from '../program/program.ts';

/** Version 3 of the interface: two structs of three 32-bit words. @source capget(2) */
const LINUX_CAPABILITY_VERSION_3 = 0x2008_0522;
const CAPABILITIES_SIZE = 24;

/** Arguments of capget and capset: addresses of the header, and of the capabilities that the caller had. */
export type Capabilities = readonly [header: bigint, data: bigint];

/** With ELFREEZE_PID=keep the steps from here on are those of a process with the old pid, in namespaces of its own. */
export function keepPid(program: Program, { ownTid }: Thread): Capabilities {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(LINUX_CAPABILITY_VERSION_3);
  const capabilities = [program.put(header), program.put(new Uint8Array(CAPABILITIES_SIZE))] as const;
  unlessKept(program, 2);
  program.call('capget', capabilities, 'ask for the capabilities');
  program.do('keepPid', [BigInt(ownTid)], 'ELFREEZE_PID=keep');
  return capabilities;
}

/** Whoever makes a user namespace has all capabilities in it; a thread that has made the others needs none but the caller's. */
export function giveUpCapabilities(program: Program, capabilities: Capabilities, whose: string): void {
  unlessKept(program, 1);
  program.call('capset', capabilities, `give up the capabilities in the new namespace${whose}`);
}

function unlessKept(program: Program, skip: number): void {
  const keeps = program.slotAddress({ slot: PRESET_SLOT.keepsPid });
  program.do('check', [keeps, 8n, BigInt(RELATION.eq), 0n], '', skip);
}

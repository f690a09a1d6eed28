import { SHARED_BYTES } from './shared-memory.ts';

/** What a guest has: arguments for QEMU, and what its kernel must be told of it. */
export interface Device {
  readonly args: readonly string[];
  readonly kernelArgs: readonly string[];
}

export const device = (args: readonly string[], kernelArgs: readonly string[] = []): Device => ({ args, kernelArgs });

/** How QEMU runs a guest's instructions. */
export type Accelerator = 'kvm' | 'tcg';

/** File descriptors that QEMU is started with: connected sockets, so that no path is left behind. */
export const FDS = { qmp: 3, console: 4, line: 5, memory: 6 } as const;

const socket = (name: 'qmp' | 'console' | 'line') => ['-chardev', `socket,id=${name},fd=${FDS[name]}`];

export const QMP = device([...socket('qmp'), '-mon', 'chardev=qmp,mode=control']);

/** The first serial port. The last thing on it is why a guest ended. */
export const CONSOLE = device(
  [...socket('console'), '-serial', 'chardev:console'],
  ['console=ttyS0', 'loglevel=4', 'earlyprintk=ttyS0,115200'],
);

/** The second serial port, and memory that the lab has mapped too: both need no driver, where virtio is a module in many kernels. */
export const LINE = device([
  ...[...socket('line'), '-serial', 'chardev:line'],
  ...['-object', `memory-backend-file,id=shared,share=on,mem-path=/proc/self/fd/${FDS.memory},size=${SHARED_BYTES}`],
  ...['-device', 'ivshmem-plain,memdev=shared'],
]);

/**
 * Whatever goes wrong ends the guest, instead of leaving it standing: a reboot is an end by -no-reboot. Whether it hangs the lab decides, by
 * its own clock: a guest's runs wild when this machine is loaded, and its watchdog barks.
 */
export const ENDS = device(['-no-reboot'], ['panic=-1', 'oops=panic', 'nowatchdog']);

/** A loaded machine delivers timer interrupts late: a kernel that checks them at boot takes the timer for broken. */
const TIMER = device([], ['no_timer_check']);
const KERNEL = device([], ['rdinit=/init', 'random.trust_cpu=on', 'mitigations=off', 'nokaslr']);

/**
 * `max` is what the accelerator can do. TCG of QEMU 7.2 loses the flags of a cmpxchg16b that is interrupted, and the kernel with
 * them (seen within a minute on 6.12, in __kmalloc), so there is none. Five-level paging is off: no process uses it unasked, and TCG walks it slowly. */
export const CPU: Record<Accelerator, Device> = {
  tcg: device(['-accel', 'tcg,thread=single', '-cpu', 'max,la57=off,cx16=off']),
  kvm: device(['-accel', 'kvm', '-cpu', 'max']),
};

export const memory = (mebibytes: number): Device => device(['-m', String(mebibytes)]);

/** Every guest of the lab. */
export const machine = (accelerator: Accelerator, mebibytes: number): readonly Device[] => [
  device(['-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'pc', '-smp', '1']),
  CPU[accelerator],
  memory(mebibytes),
  QMP,
  CONSOLE,
  LINE,
  ENDS,
  TIMER,
  KERNEL,
];

/** Of serial ports the order counts: the first is ttyS0. */
export function qemuArguments(devices: readonly Device[], kernel: string, initramfs: string): string[] {
  const command = devices.flatMap(({ kernelArgs }) => kernelArgs).join(' ');
  return [...devices.flatMap(({ args }) => args), '-kernel', kernel, '-initrd', initramfs, '-append', command];
}

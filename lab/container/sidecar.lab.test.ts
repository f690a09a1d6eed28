import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lacksArchIn } from '../places/container.ts';
import { ContainerRun } from './container-run.ts';
import { openEngine } from './engine.ts';
import { ensureImages } from './images.ts';
import { MINE } from './lab-container.ts';

/** The recipe of docs/containers.md: A works, B freezes it, C goes on; three containers that share nothing but a volume. */
const COUNT = `
import hashlib
digest = hashlib.sha256()
for n in range(40):
    if n == 20: print('half-way', input(), flush=True)
    for i in range(20000):
        digest.update(b'%d' % (n * i))
    print(n, digest.hexdigest()[:16], flush=True)
`;
const FROZEN_AT = '\n19 ';
const PROCESS = ['seccomp=unconfined'];

const hasEngine = process.env['ELFREEZE_LAB_PLACE'] !== 'host';
const never = new AbortController().signal;
const engine = hasEngine ? await openEngine() : undefined;
const volume = `elfreeze-lab-${randomBytes(6).toString('hex')}`;
const out = { Type: 'volume', Source: volume, Target: '/out' } as const;

beforeAll(async () => void (await engine?.docker.createVolume({ Name: volume, Labels: MINE })));
afterAll(async () => {
  await engine?.docker.getVolume(volume).remove();
  await engine?.[Symbol.asyncDispose]();
});

const create = (docker: Docker, options: Docker.ContainerCreateOptions): Promise<ContainerRun> =>
  ContainerRun.create(docker, { Labels: MINE, ...options }, never);

async function run(docker: Docker, options: Docker.ContainerCreateOptions) {
  await using container = await create(docker, options);
  await container.start();
  if (options.OpenStdin) container.write('go\n');
  return await container.finish();
}

describe.skipIf(!hasEngine)('a process in a container (skipped: no engine)', () => {
  it.for(['x86-64', 'i386'] as const)(
    'of %s is frozen from a second, and goes on in a third',
    async (arch, { skip }) => {
      const lack = lacksArchIn(engine!, arch);
      skip(lack !== undefined, lack);
      const docker = engine!.docker;
      const images = await ensureImages([arch, 'elfreeze', 'scratch'], {
        docker,
        interrupted: never,
        say: console.log,
      });
      const app: Docker.ContainerCreateOptions = {
        Image: images.get(arch)!,
        Entrypoint: ['python3', '-c', COUNT],
        OpenStdin: true,
        HostConfig: { NetworkMode: 'none', SecurityOpt: PROCESS },
      };
      const undisturbed = await run(docker, app);

      await using first = await create(docker, app);
      await first.start();
      await first.unlessEnded('half-way', first.saying(FROZEN_AT));
      const path = `/out/${arch}.elf`;
      const frozen = await run(docker, {
        Image: images.get('elfreeze')!,
        Cmd: ['freeze', '1', '-o', path, '--kill'],
        HostConfig: {
          NetworkMode: 'none',
          PidMode: `container:${first.container.id}`,
          CapAdd: ['SYS_PTRACE'],
          SecurityOpt: PROCESS,
          Mounts: [out],
        },
      });
      expect(frozen.end).toBe('exit 0');
      const before = await first.finish();
      expect(before.end).toBe('exit 137');

      const after = await run(docker, {
        Image: images.get('scratch')!,
        Entrypoint: [path],
        OpenStdin: true,
        HostConfig: { NetworkMode: 'none', Mounts: [{ ...out, ReadOnly: true }] },
      });
      expect(after.end).toBe(undisturbed.end);
      expect(before.output + after.output).toBe(undisturbed.output);
      expect(after.output).toMatch(/^half-way go\n20 /);
    },
  );
});

import { describe, expect, it } from 'vitest';
import { byVersion, modulesOf, parsePackage } from './apt.ts';
import { KERNELS, parseKernel } from './kernel-row.ts';

const pattern = (name: string) => new RegExp(`^(?:${KERNELS.find((row) => row.name === name)!.package})$`);

describe('images/kernels.json', () => {
  it.each(KERNELS)('$name: what was tried is one of what may succeed it', ({ package: names, tried }) => {
    expect(tried?.package).toMatch(new RegExp(`^(?:${names})$`));
    expect(tried?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has no name twice', () => {
    expect(new Set(KERNELS.map(({ name }) => name)).size).toBe(KERNELS.length);
  });

  it.each([
    ['6.16', 'linux-image-6.16.13+deb13-cloud-amd64', true],
    ['6.16', 'linux-image-6.16.12+deb13-amd64', false],
    ['7.0', 'linux-binary-7.0.14+deb13-cloud-amd64', true],
    ['7.0', 'linux-image-7.0.14+deb13-cloud-amd64', false],
    ['5.10-i386', 'linux-image-5.10.0-33-686-pae', true],
    ['5.10-i386', 'linux-image-5.10.0-33-rt-686-pae', false],
    ['6.1', 'linux-image-6.1.0-51-cloud-amd64', true],
    ['6.1', 'linux-image-6.1.0-51-cloud-amd64-unsigned', false],
  ])('%s may become %s: %s', (name, successor, may) => {
    expect(pattern(name).test(successor)).toBe(may);
  });
});

describe('parseKernel', () => {
  it('knows rows by name', () => {
    expect(parseKernel('6.1-i386')).toEqual(KERNELS.filter(({ name }) => name === '6.1-i386'));
  });

  it('looks for other versions in every suite, or in the one that is named', () => {
    const rows = parseKernel('6.19');
    expect(rows.map((row) => 'suite' in row && row.suite)).toContain('trixie-backports');
    expect(rows[0]).toMatchObject({ arch: 'amd64', name: '6.19' });
    const names = new RegExp(`^(?:${(rows[0] as { package: string }).package})$`);
    expect('linux-binary-6.19.14+deb13-cloud-amd64').toMatch(names);
    expect('linux-binary-6.190.1+deb13-cloud-amd64').not.toMatch(names);
    expect(parseKernel('7.2-i386@sid')).toMatchObject([{ arch: 'i386', suite: 'sid' }]);
  });

  it('takes paths of kernels', () => {
    expect(parseKernel('./bzImage')).toEqual([{ name: './bzImage', arch: 'amd64', path: './bzImage' }]);
    expect(parseKernel('i386:/boot/k')).toEqual([{ name: 'i386:/boot/k', arch: 'i386', path: '/boot/k' }]);
  });

  it.each(['', 'new', '6', '6.1-arm', 'vmlinuz'])('refuses %j, and says what it wants', (word) => {
    expect(() => parseKernel(word)).toThrow(/6\.12.*path of a bzImage/);
  });
});

describe('parsePackage', () => {
  it('finds the fields', () => {
    const record = 'Package: a\nVersion: 1-1\nFilename: pool/a.deb\nSHA256: ab\nDescription: x\n Version: 9';
    expect(parsePackage(record)).toEqual({ package: 'a', version: '1-1', sha256: 'ab' });
  });

  it('does without none', () => {
    expect(() => parsePackage('Package: a\nVersion: 1')).toThrow('SHA256');
  });
});

it('of packages the newest is taken, and of one version the one that holds the kernel', () => {
  const names = [
    ['linux-binary-6.19.14+deb13-cloud-amd64', '6.19.14-1'],
    ['linux-image-6.19.14+deb13-cloud-amd64', '6.19.14-1'],
    ['linux-binary-6.19.9+deb13-cloud-amd64', '6.19.9-1'],
    ['linux-image-6.1.0-50-cloud-amd64', '6.1.176-1'],
    ['linux-image-6.1.0-9-cloud-amd64', '6.1.27-1'],
  ].map(([name, version]) => ({ package: name!, version: version!, sha256: '' }));
  expect(names.sort(byVersion).map((each) => each.package)).toEqual([
    'linux-image-6.1.0-9-cloud-amd64',
    'linux-image-6.1.0-50-cloud-amd64',
    'linux-binary-6.19.9+deb13-cloud-amd64',
    'linux-image-6.19.14+deb13-cloud-amd64',
    'linux-binary-6.19.14+deb13-cloud-amd64',
  ]);
});

it('modules are in the package beside a kernel that is alone in its own', () => {
  const of = (name: string) => modulesOf({ package: name, version: '1', sha256: '' });
  expect(of('linux-binary-7.3.4+deb13-cloud-amd64')).toBe('linux-modules-7.3.4+deb13-cloud-amd64');
  expect(of('linux-image-6.1.0-50-cloud-amd64')).toBeUndefined();
});

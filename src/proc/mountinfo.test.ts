import { expect, it } from 'vitest';
import { parseMountDevices } from './mountinfo.ts';

const TEXT = `22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
24 22 0:5 / /dev rw,nosuid shared:2 - devtmpfs udev rw,size=12k
96 24 0:300 / /mnt/a\\040b rw - tmpfs none rw
`;

it('gives devices as /proc/PID/maps has them', () => {
  expect([...parseMountDevices(TEXT)]).toEqual(['fe:01', '00:05', '00:12c']);
});

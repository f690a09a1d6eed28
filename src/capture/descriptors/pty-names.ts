import type { Fdinfo } from '../../proc/fdinfo.ts';

const PTS = /^\/dev\/pts\/(\d+)$/;

/** Whether a link is that of a slave. */
export const isPts = (link: string): boolean => PTS.test(link);

/** The number of a slave. */
export const slaveIndex = (link: string): number => Number(PTS.exec(link)?.[1] ?? -1);

/** The number of a master; undefined for any other file. @source drivers/tty/tty_io.c tty_show_fdinfo */
export function masterIndex({ extra }: Pick<Fdinfo, 'extra'>): number | undefined {
  const line = extra.find((each) => each.startsWith('tty-index:'));
  return line === undefined ? undefined : Number(line.slice('tty-index:'.length));
}

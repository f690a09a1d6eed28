import { spawn } from 'node:child_process';
import { ROOT } from './paths.mjs';

export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a Node program, in a group of its own with all that it starts: a signal, whether a terminal sends it to everyone or
 * someone to us alone, is passed on to the whole group, and comes once.
 * @param {readonly string[]} command
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number | null>} exit status; null if a signal ended it
 */
export function exitOf(command, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, command, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
      env,
    });
    const passOn = (signal) => child.pid !== undefined && process.kill(-child.pid, signal);
    for (const signal of SIGNALS) process.on(signal, passOn);
    const end = (settle, value) => {
      for (const signal of SIGNALS) process.off(signal, passOn);
      settle(value);
    };
    child.on('error', (error) => end(reject, error));
    child.on('exit', (status) => end(resolve, status));
  });
}

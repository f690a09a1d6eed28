import { accessSync, constants } from 'node:fs';

/** An engine of the user's own, which the lab prefers. */
export function hasEngine() {
  const sockets = ['/var/run/docker.sock', `${process.env.XDG_RUNTIME_DIR}/docker.sock`];
  return process.env.DOCKER_HOST !== undefined || sockets.some(isOurs);
}

function isOurs(socket) {
  try {
    accessSync(socket, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false; // the answer: it is not there, or others'
  }
}

/** Whether the tests are to do without containers: they are told to, or only root could start an engine. */
export const isWithoutContainers = () =>
  process.env.ELFREEZE_LAB_PLACE === 'host' || (process.getuid() !== 0 && !hasEngine());

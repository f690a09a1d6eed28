import type Docker from 'dockerode';

const statusOf = (error: unknown): number => (error as { statusCode?: number }).statusCode ?? 0;

/** Whatever it does; gone when this is over. */
export async function removeContainer(docker: Docker, id: string): Promise<void> {
  const container = docker.getContainer(id);
  try {
    await container.remove({ force: true, v: true });
  } catch (error) {
    // 404: another was quicker; 409: another is at it.
    if (statusOf(error) === 404) return;
    if (statusOf(error) !== 409) throw error;
    await container.wait({ condition: 'removed' }).catch((late: unknown) => {
      if (statusOf(late) !== 404) throw late;
    });
  }
}

/** Unless a container is made of it: then it goes when the next lab, or a sweep, finds it unused. */
export async function removeImage(docker: Docker, id: string): Promise<boolean> {
  try {
    await docker.getImage(id).remove();
    return true;
  } catch (error) {
    // 404: another was quicker; 409: it is in use.
    if (![404, 409].includes(statusOf(error))) throw error;
    return false;
  }
}

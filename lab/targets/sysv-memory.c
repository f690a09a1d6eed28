// System V shared memory that nobody else has, marked for removal, keeps its bytes, is one segment at all its addresses, and can be detached.
#include "target.h"
#include <sys/shm.h>

int main(void) {
  int id = shmget(IPC_PRIVATE, 2 * PAGE + 100, IPC_CREAT | 0600), other = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
  NEED(id >= 0 && other >= 0);
  unsigned char *one = shmat(id, NULL, 0), *two = shmat(id, NULL, 0), *look = shmat(id, NULL, SHM_RDONLY), *alone = shmat(other, NULL, SHM_RDONLY);
  int all = one != (void *)-1 && two != (void *)-1 && look != (void *)-1 && alone != (void *)-1;
  int removed = shmctl(id, IPC_RMID, NULL) + shmctl(other, IPC_RMID, NULL);
  NEED(all && removed == 0);
  fill(one, 3 * PAGE, 11);
  NEED(mprotect(two + PAGE, PAGE, PROT_NONE) == 0);
  frozen_here();
  CHECK_FILLED(one, 3 * PAGE, 11);
  CHECK_ZERO(alone, PAGE);
  CHECK(mprotect(two + PAGE, PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect: %s", strerror(errno));
  two[PAGE] = 7;
  CHECK(one[PAGE] == 7 && look[PAGE] == 7, "they do not share memory");
  CHECK(mprotect(look, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES, "what was attached for reading can be made writable");
  CHECK(shmdt(two) == 0 && shmdt(look) == 0 && shmdt(one) == 0, "shmdt: %s", strerror(errno));
  CHECK(mprotect(one, PAGE, PROT_READ) == -1 && errno == ENOMEM, "it is still there");
  return ok();
}

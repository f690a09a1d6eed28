/*
 * By this file alone, without a library, a program asks to be frozen where it stands:
 *
 *     switch (elfreeze("ready.elf")) {
 *     case 0:  break;   // the program itself, which goes on; ready.elf is written
 *     case 1:  break;   // the image, every time that it is run
 *     case -1: break;   // not frozen: errno says why, and elfreeze has said it on standard error
 *     }
 *
 * errno is ENOENT: no elfreeze in PATH; EOPNOTSUPP: the program has what cannot be carried; EPERM: it may not be traced;
 * EAGAIN: not at this moment; EIO: the image could not be written, or all else; ECHILD: elfreeze ended without a word.
 */
#ifndef ELFREEZE_H
#define ELFREEZE_H

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The word that elfreeze writes to: it stays 0 until there is an answer, an image finds 1, and errors are negative. */
enum { ELFREEZE_IMAGE = 1, ELFREEZE_DONE = 2 };

/* Where elfreeze is: what a process forks while other threads run may not search. Returns 0 or -1. */
static inline int elfreeze_find(char *path, size_t room) {
  const char *at = getenv("PATH");
  for (; at && *at; at += strcspn(at, ":"), at += *at == ':') {
    int length = (int)strcspn(at, ":");
    if (snprintf(path, room, "%.*s/elfreeze", length, at) < (int)room && access(path, X_OK) == 0) return 0;
  }
  errno = ENOENT;
  return -1;
}

/*
 * A child could not freeze its parent, because an image has no children: so elfreeze becomes a grandchild without a parent, and
 * waits until the program has neither child nor pipe any more. Returns its pid, or -1.
 */
static inline pid_t elfreeze_start(const char *path, const char *image, int *word) {
  int go[2], name[2];
  char self[16], address[24];
  pid_t helper = -1, child;
  if (pipe(go)) return -1;
  if (pipe(name)) {
    close(go[0]), close(go[1]);
    return -1;
  }
  snprintf(self, sizeof self, "%ld", (long)getpid());
  snprintf(address, sizeof address, "%p", (void *)word);
  child = fork();
  if (child == 0) {
    helper = fork();
    if (helper != 0) _exit(write(name[1], &helper, sizeof helper) != sizeof helper);
    close(go[1]), close(name[0]), close(name[1]);
    while (read(go[0], &helper, sizeof helper) < 0 && errno == EINTR) {}
    close(go[0]);
    dup2(2, 1);
    execl(path, "elfreeze", "freeze", self, "-o", image, "--tell", address, (char *)0);
    _exit(127);
  }
  close(go[0]), close(name[1]);
  if (child > 0) {
    if (read(name[0], &helper, sizeof helper) != sizeof helper) helper = -1;
    while (waitpid(child, 0, 0) < 0 && errno == EINTR) {}
  }
  if (helper > 0) prctl(PR_SET_PTRACER, (unsigned long)helper, 0, 0, 0);
  close(name[0]), close(go[1]);
  return helper;
}

/* Freezes the calling program into the file `image`. */
static inline int elfreeze(const char *image) {
  volatile int word = 0;
  char path[PATH_MAX];
  const struct timespec moment = {0, 1000000};
  pid_t helper;
  if (elfreeze_find(path, sizeof path)) return -1;
  helper = elfreeze_start(path, image, (int *)&word);
  if (helper < 0) return -1;
  while (!word && (kill(helper, 0) == 0 || errno == EPERM)) nanosleep(&moment, 0);
  if (word == ELFREEZE_IMAGE) return 1;
  prctl(PR_SET_PTRACER, 0, 0, 0, 0);
  if (word == ELFREEZE_DONE) return 0;
  errno = word ? -word : ECHILD;
  return -1;
}

#endif

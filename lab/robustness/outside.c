/*
 * outside WHAT NAME, started by `watch --leak`: has duplicates of what its parent left open in it and of its own output, and an epoll instance that watches
 * those. At each SIGUSR1 it prints which of them are open, whether its output's duplicate still is one, and what is ready.
 */
#include "../targets/target.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

enum { PIPE_AGAIN = 10, OUTPUT_AGAIN, OWN_EVENT, INSTANCE, PIPE = 251, SOCKET };
static const int NUMBERS[] = {PIPE_AGAIN, OUTPUT_AGAIN, OWN_EVENT, PIPE, SOCKET};
enum { COUNT = sizeof NUMBERS / sizeof *NUMBERS };

static volatile sig_atomic_t poked, over;
static void on_poke(int signo, siginfo_t *info, void *context) { (void)signo, (void)info, (void)context, poked = 1; }
static void on_over(int signo, siginfo_t *info, void *context) { (void)signo, (void)info, (void)context, over = 1; }

/* What is set of one open file description is seen through all its descriptors. */
static int is_output(int fd) {
  int before = fcntl(1, F_GETFL);
  if (before < 0 || fcntl(fd, F_SETFL, before ^ O_NONBLOCK) != 0) return 0;
  int is_same = fcntl(1, F_GETFL) == (before ^ O_NONBLOCK);
  return fcntl(fd, F_SETFL, before) == 0 && is_same;
}

static int by_number(const void *a, const void *b) {
  const struct epoll_event *first = a, *second = b;
  return (int)first->data.u32 - (int)second->data.u32;
}

int main(int argc, char **argv) {
  NEED(argc == 3 && prctl(PR_SET_NAME, argv[2]) == 0);
  NEED(dup2(PIPE, PIPE_AGAIN) >= 0 && dup2(1, OUTPUT_AGAIN) >= 0);
  int event = eventfd(1, 0);
  NEED(event >= 0 && dup2(event, OWN_EVENT) >= 0 && close(event) == 0);
  int instance = epoll_create1(0);
  NEED(instance >= 0 && dup2(instance, INSTANCE) >= 0 && close(instance) == 0);
  const int watched[] = {PIPE, PIPE_AGAIN, SOCKET, OWN_EVENT};
  for (size_t n = 0; n < sizeof watched / sizeof *watched; n++) {
    struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = watched[n]};
    NEED(epoll_ctl(INSTANCE, EPOLL_CTL_ADD, watched[n], &wanted) == 0);
  }
  catch_with(SIGUSR1, on_poke, 0);
  catch_with(SIGUSR2, on_over, 0);
  sigset_t block, none;
  sigemptyset(&none), sigemptyset(&block), sigaddset(&block, SIGUSR1), sigaddset(&block, SIGUSR2);
  sigprocmask(SIG_BLOCK, &block, NULL);
  ready();
  while (!over) {
    sigsuspend(&none);
    if (!poked) continue;
    poked = 0;
    char text[256];
    int length = snprintf(text, sizeof text, "open");
    for (int n = 0; n < COUNT; n++)
      if (fcntl(NUMBERS[n], F_GETFD) >= 0) length += snprintf(text + length, sizeof text - length, " %d", NUMBERS[n]);
    struct epoll_event events[8];
    int count = epoll_wait(INSTANCE, events, 8, 0);
    CHECK(count >= 0, "epoll_wait: %s", strerror(errno));
    qsort(events, count, sizeof *events, by_number);
    length += snprintf(text + length, sizeof text - length, ", output %s, ready", is_output(OUTPUT_AGAIN) ? "shared" : "lost");
    for (int n = 0; n < count; n++) length += snprintf(text + length, sizeof text - length, " %u", events[n].data.u32);
    snprintf(text + length, sizeof text - length, "\n");
    say(text);
  }
  return ok();
}

/*
 * The first process of a guest: does what the host asks for, until the host ends the guest. It is all there is in a guest
 * that continues images.
 */
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "guest.h"

_Noreturn void die(const char *what) {
  fprintf(stderr, "guest: %s: %s\n", what, strerror(errno));
  reboot(RB_POWER_OFF);
  _exit(1);
}

static void must_mount(const char *type, const char *path, mode_t mode) {
  mkdir(path, mode);
  /* The kernel may have mounted /dev already. */
  if (mount(type, path, type, 0, NULL) && errno != EBUSY) die(path);
}

/* 127.0.0.1 and ::1 can be reached, as on any host. */
static void bring_up_loopback(void) {
  struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (any < 0 || ioctl(any, SIOCSIFFLAGS, &lo) || close(any)) die("lo");
}

static void make_ready(void) {
  must_mount("devtmpfs", "/dev", 0755);
  int console = open("/dev/console", O_RDWR | O_NOCTTY);
  for (int fd = 0; fd < 3; fd++) dup2(console, fd);
  must_mount("proc", "/proc", 0755);
  must_mount("sysfs", "/sys", 0755);
  must_mount("tmpfs", "/tmp", 01777);
  must_mount("tmpfs", "/dev/shm", 01777);
  must_mount("devpts", "/dev/pts", 0755);
  bring_up_loopback();
}

static void serve(void) {
  struct frame frame;
  const char *payload = receive_frame(&frame);
  struct process *process = frame.id ? process_of(frame.id) : NULL;
  switch (frame.kind) {
    case PUT: return put(payload);
    case READ: return read_part(frame.id, payload);
    case LINK: return read_link(frame.id, payload);
    case LIST: return list(frame.id, payload);
    case MAKE: return make_folders(frame.id, payload);
    case REMOVE: return remove_all(frame.id, payload);
    case LOAD: return load(frame.id, payload);
    case START: return start(frame.id, payload, frame.length);
    case DATA: return put_data(payload, frame.length);
    case DONE: return put_done(frame.id);
    /* A process may have ended meanwhile. */
    case FEED: if (process) feed(process, payload, frame.length); return;
    case SHUT: if (process) close_input(process); return;
    case SIGNAL: if (process) send_signal(process, payload); return;
  }
  errno = EPROTO, die("frame");
}

int main(void) {
  make_ready();
  open_line();
  watch_children();
  send_frame(0, HELLO, NULL, 0);
  for (;;)
    if (wait_for_something()) serve();
}

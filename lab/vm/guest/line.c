#include <glob.h>
#include <sys/mman.h>
#include <termios.h>
#include "guest.h"

enum { SLOT = 4096, SHARED = 1 << 25, RING = SHARED / 2 - SLOT };

/* What both have mapped. The counts are of bytes taken out of a ring so far, by whom the name says. */
static volatile struct shared {
  uint32_t taken_by_guest, taken_by_host;
  char rest[SLOT - 8];
  unsigned char to_guest[RING], to_host[RING];
} *shared;

int line;

/* The lab's ivshmem device: its memory needs no driver. @source QEMU docs/specs/ivshmem-spec.txt */
static void map_shared(void) {
  glob_t found;
  if (glob("/sys/bus/pci/devices/*/resource2", 0, NULL, &found)) die("shared memory");
  for (size_t n = 0; n < found.gl_pathc && !shared; n++) {
    char path[256], id[16] = "";
    const char *memory = found.gl_pathv[n];
    snprintf(path, sizeof path, "%.*s/device", (int)(strrchr(memory, '/') - memory), memory);
    int device = open(path, O_RDONLY);
    if (read(device, id, sizeof id - 1) < 0 || close(device)) die(path);
    if (strncmp(id, "0x1110", 6)) continue;
    int fd = open(memory, O_RDWR | O_CLOEXEC);
    shared = mmap(NULL, SHARED, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED) die(memory);
  }
  if (!shared) errno = ENODEV, die("shared memory");
}

void open_line(void) {
  struct termios raw;
  map_shared();
  line = open("/dev/ttyS1", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (line < 0 || tcgetattr(line, &raw)) die("/dev/ttyS1");
  cfmakeraw(&raw);
  cfsetspeed(&raw, B115200);
  raw.c_cflag |= CLOCAL;
  if (tcsetattr(line, TCSANOW, &raw)) die("/dev/ttyS1");
}

static uint32_t slots(uint32_t length) { return (length + SLOT - 1) / SLOT * SLOT; }

void send_frame(uint32_t id, enum kind kind, const void *bytes, uint32_t length) {
  static uint32_t sent, at;
  struct frame frame = {id, kind, length};
  uint32_t first = length < RING - at ? length : RING - at;
  while (sent - shared->taken_by_host + slots(length) > RING) usleep(500);
  memcpy((void *)(shared->to_host + at), bytes, first);
  memcpy((void *)shared->to_host, (const char *)bytes + first, length - first);
  at = (at + slots(length)) % RING, sent += slots(length);
  __sync_synchronize();
  for (size_t done = 0; done < sizeof frame;) {
    ssize_t more = write(line, (char *)&frame + done, sizeof frame - done);
    if (more < 0 && errno != EINTR) die("write to the host");
    if (more > 0) done += more;
  }
}

void send_number(uint32_t id, enum kind kind, uint32_t number) { send_frame(id, kind, &number, sizeof number); }

char *receive_frame(struct frame *frame) {
  static char payload[CHUNK + 1];
  static uint32_t at;
  for (size_t done = 0; done < sizeof *frame;) {
    ssize_t more = read(line, (char *)frame + done, sizeof *frame - done);
    if (more < 0 && errno != EINTR) die("read from the host");
    if (more > 0) done += more;
  }
  uint32_t length = frame->length, first = length < RING - at ? length : RING - at;
  if (length > CHUNK) errno = EPROTO, die("frame");
  __sync_synchronize();
  memcpy(payload, (const void *)(shared->to_guest + at), first);
  memcpy(payload + first, (const void *)shared->to_guest, length - first);
  payload[length] = 0;
  at = (at + slots(length)) % RING;
  shared->taken_by_guest += slots(length);
  return payload;
}

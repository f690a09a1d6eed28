// Whatever bytes a file, directory, socket or thread is called by, it is found again.
// Each argument is a name of 1 to 255 bytes in hexadecimal; without any they are names that are like what /proc makes of others.
#include "target.h"
#include <stddef.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { MOST = 16, NAME = 255, MEMFD_NAME = 249, COMM = 15 };
/* The second and the third would be one name if bytes were characters; the others look like newlines and deleted files in maps. */
static const char *const usual[] = {"616c6c", "61ff62", "61fe62", "eda080", "610a62", "615c303132", "202864656c6574656429", "61202864656c6574656429"};

struct held {
  char name[NAME + 1], decoy[NAME + 1];
  int file, deleted, directory, fifo, bound, abstract, memfd, instance, watch;
  unsigned char *shared, *private, *gone;
  ino_t inode, below; /* of the file, and of the directory */
};

static struct held all[MOST];
static int top;

static void decode(const char *hex, char *name) {
  size_t length = 0;
  for (const char *at = hex; *at; at++) {
    unsigned byte;
    NEED(sscanf(at++, "%2x", &byte) == 1 && length < NAME);
    name[length++] = (char)byte;
  }
  name[length] = 0;
}

static ino_t inode_of(int fd) {
  struct stat found;
  NEED(fstat(fd, &found) == 0);
  return found.st_ino;
}

static int make_file(const char *name, int seed) {
  unsigned char bytes[2 * PAGE];
  fill(bytes, sizeof bytes, (unsigned)seed);
  int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
  NEED(fd >= 0 && write(fd, bytes, sizeof bytes) == (ssize_t)sizeof bytes);
  return fd;
}

static void *map(int fd, int flags) {
  void *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
  NEED(memory != MAP_FAILED);
  return memory;
}

/* As much of the name as there is room for, behind what tells it from the others: abstract ones are the whole machine's. */
static socklen_t address_of(int at, int is_abstract, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  char *path = address->sun_path + is_abstract;
  size_t room = sizeof address->sun_path - (size_t)is_abstract;
  char before[32];
  int length = snprintf(before, sizeof before, is_abstract ? "%c%llx" : "%c", 'A' + at, (unsigned long long)inode_of(top));
  snprintf(path, room, "%s%.*s", before, (int)room - 1 - length, all[at].name);
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + is_abstract + strlen(path) + !is_abstract);
}

static int bind_to(int at, int is_abstract) {
  struct sockaddr_un address;
  socklen_t length = address_of(at, is_abstract, &address);
  int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  NEED(fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0);
  return fd;
}

/* In a directory of its own, so that one kind's name is not in another's way. */
static void enter(int at, const char *kind) {
  char path[32];
  snprintf(path, sizeof path, "%d-%s", at, kind);
  NEED(fchdir(top) == 0 && mkdir(path, 0700) == 0 && chdir(path) == 0);
}

static void go_back(int at, const char *kind) {
  char path[32];
  snprintf(path, sizeof path, "%d-%s", at, kind);
  CHECK(fchdir(top) == 0 && chdir(path) == 0, "%s: %s", path, strerror(errno));
}

static void hold(struct held *own, int at) {
  enter(at, "file");
  own->file = make_file(own->name, at);
  own->inode = inode_of(own->file);
  own->shared = map(own->file, MAP_SHARED);
  own->private = map(own->file, MAP_PRIVATE);
  own->private[0] ^= 1;
  NEED((own->watch = inotify_add_watch(own->instance = inotify_init1(IN_NONBLOCK), own->name, IN_ATTRIB)) > 0);

  /* A file that is gone, beside one that is called as /proc calls that. */
  enter(at, "gone");
  own->deleted = make_file(own->name, at + 1);
  own->gone = map(own->deleted, MAP_SHARED);
  NEED(unlink(own->name) == 0);
  snprintf(own->decoy, sizeof own->decoy, "%.*s (deleted)", NAME - 10, own->name);
  NEED(close(make_file(own->decoy, at + 2)) == 0);

  enter(at, "directory");
  NEED(mkdir(own->name, 0700) == 0 && (own->directory = open(own->name, O_RDONLY | O_DIRECTORY)) >= 0);
  own->below = inode_of(own->directory);
  enter(at, "fifo");
  NEED(mkfifo(own->name, 0600) == 0 && (own->fifo = open(own->name, O_RDWR)) >= 0 && write(own->fifo, "within", 6) == 6);
  char short_name[MEMFD_NAME + 1];
  snprintf(short_name, sizeof short_name, "%.*s", MEMFD_NAME, own->name);
  NEED((own->memfd = memfd_create(short_name, 0)) >= 0 && write(own->memfd, "memory", 6) == 6);
}

static void check_link(int fd, const char *name, const char *suffix) {
  char path[32], link[4097], end[NAME + 32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(path, link, sizeof link - 1);
  if (length < 0 && errno == ENOENT) return; /* no /proc here */
  CHECK(length >= 0, "%s: %s", path, strerror(errno));
  link[length] = 0;
  snprintf(end, sizeof end, "%s%s", name, suffix);
  CHECK((size_t)length >= strlen(end) && strcmp(link + length - strlen(end), end) == 0, "fd %d leads to %s", fd, link);
}

static void check_content(const char *name, int seed) {
  unsigned char bytes[2 * PAGE];
  int fd = open(name, O_RDONLY);
  CHECK(fd >= 0 && read(fd, bytes, sizeof bytes) == (ssize_t)sizeof bytes, "%s: %s", name, strerror(errno));
  CHECK_FILLED(bytes, sizeof bytes, (unsigned)seed);
  close(fd);
}

static void check_socket(int fd, int at, int is_abstract) {
  struct sockaddr_un wanted, found;
  socklen_t length = address_of(at, is_abstract, &wanted), got = sizeof found;
  CHECK(getsockname(fd, (struct sockaddr *)&found, &got) == 0 && got == length && memcmp(&found, &wanted, got) == 0, "another address");
  int other = socket(AF_UNIX, SOCK_DGRAM, 0);
  char text[8];
  CHECK(sendto(other, "hello", 5, 0, (struct sockaddr *)&wanted, length) == 5 && read(fd, text, sizeof text) == 5, "nobody is there: %s", strerror(errno));
  close(other);
}

static void check(struct held *own, int at) {
  char text[8];
  struct stat found;
  go_back(at, "file");
  CHECK_FILLED(own->shared, 2 * PAGE, (unsigned)at);
  CHECK(own->private[0] == (pattern(0, (unsigned)at) ^ 1) && own->private[PAGE] == pattern(PAGE, (unsigned)at), "the private mapping changed");
  CHECK(stat(own->name, &found) == 0 && found.st_ino == own->inode && inode_of(own->file) == own->inode, "another file");
  check_link(own->file, own->name, "");
  fill(own->shared, 2 * PAGE, (unsigned)at + 3);
  check_content(own->name, at + 3);
  char event[sizeof(struct inotify_event) + NAME + 1];
  CHECK(chmod(own->name, 0640) == 0 && read(own->instance, event, sizeof event) > 0, "no event");
  CHECK(((struct inotify_event *)event)->wd == own->watch && ((struct inotify_event *)event)->mask == IN_ATTRIB, "another event");

  go_back(at, "gone");
  CHECK(fstat(own->deleted, &found) == 0 && found.st_nlink == 0, "the deleted file has a name");
  CHECK_FILLED(own->gone, 2 * PAGE, (unsigned)at + 1);
  own->gone[1] ^= 1;
  CHECK(pread(own->deleted, text, 1, 1) == 1 && (unsigned char)text[0] == own->gone[1], "the mapping is of another file");
  check_content(own->decoy, at + 2);

  go_back(at, "directory");
  CHECK(inode_of(own->directory) == own->below, "another directory");
  check_link(own->directory, own->name, "");
  go_back(at, "fifo");
  CHECK(read(own->fifo, text, sizeof text) == 6 && memcmp(text, "within", 6) == 0, "something else is in the FIFO");
  int writer = open(own->name, O_WRONLY | O_NONBLOCK);
  CHECK(writer >= 0 && write(writer, "again", 5) == 5 && read(own->fifo, text, sizeof text) == 5, "the FIFO is another");
  close(writer);
  char short_name[MEMFD_NAME + 1];
  snprintf(short_name, sizeof short_name, "%.*s", MEMFD_NAME, own->name);
  check_link(own->memfd, short_name, " (deleted)");
  CHECK(pread(own->memfd, text, sizeof text, 0) == 6 && memcmp(text, "memory", 6) == 0, "the memfd holds something else");
}

/* Not everybody can remove what is called so. */
static void tidy(struct held *own, int at, const char *work) {
  struct sockaddr_un address;
  address_of(at, 0, &address);
  CHECK(chdir(work) == 0 && unlink(address.sun_path) == 0, "%s: %s", address.sun_path, strerror(errno));
  go_back(at, "file"), unlink(own->name);
  go_back(at, "gone"), unlink(own->decoy);
  go_back(at, "fifo"), unlink(own->name);
}

int main(int argc, char **argv) {
  const char *const *names = argc > 1 ? (const char *const *)argv + 1 : usual;
  int count = argc > 1 ? argc - 1 : (int)(sizeof usual / sizeof *usual);
  NEED(count <= MOST && (top = open(".", O_RDONLY | O_DIRECTORY)) >= 0);
  for (int at = 0; at < count; at++) decode(names[at], all[at].name), hold(&all[at], at);
  /* It works in the last name's directory. */
  char before[4096], after[4096], called[COMM + 1], now[COMM + 1] = "";
  go_back(count - 1, "directory");
  NEED(chdir(all[count - 1].name) == 0 && getcwd(before, sizeof before));
  for (int at = 0; at < count; at++) all[at].bound = bind_to(at, 0), all[at].abstract = bind_to(at, 1);
  snprintf(called, sizeof called, "%.*s", COMM, all[count - 1].name);
  NEED(prctl(PR_SET_NAME, called) == 0);
  frozen_here();
  CHECK(getcwd(after, sizeof after) && strcmp(before, after) == 0, "it is in %s, was in %s", after, before);
  CHECK(prctl(PR_GET_NAME, now) == 0 && strcmp(now, called) == 0, "it is called %s", now);
  for (int at = 0; at < count; at++) check_socket(all[at].bound, at, 0), check_socket(all[at].abstract, at, 1);
  for (int at = 0; at < count; at++) check(&all[at], at);
  for (int at = 0; at < count; at++) tidy(&all[at], at, before);
  for (int at = 0; at < count; at++) go_back(at, "directory"), rmdir(all[at].name);
  return ok();
}

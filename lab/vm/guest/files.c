#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "guest.h"

/* The file under way, and the first error with it. */
static int file = -1, file_error;
static char bytes[CHUNK];

void put(const char *payload) {
  uint32_t mode;
  memcpy(&mode, payload, sizeof mode);
  file = open(payload + sizeof mode, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  file_error = file < 0 || fchmod(file, mode) ? errno : 0;
}

/* Zeros become holes, as the file had them where it comes from. */
void put_data(const char *part, size_t length) {
  if (file_error) return;
  if (part[0] == 0 && memcmp(part, part + 1, length - 1) == 0) {
    off_t end = lseek(file, length, SEEK_CUR);
    if (end < 0 || ftruncate(file, end)) file_error = errno;
    return;
  }
  ssize_t done = write(file, part, length);
  if (done != (ssize_t)length) file_error = done < 0 ? errno : ENOSPC;
}

void put_done(uint32_t id) {
  if (file >= 0 && close(file) && !file_error) file_error = errno;
  file = -1;
  send_number(id, STATUS, file_error);
}

/* Less than was asked for is the end of the file. */
void read_part(uint32_t id, const char *payload) {
  uint64_t offset, wanted;
  memcpy(&offset, payload, sizeof offset);
  memcpy(&wanted, payload + sizeof offset, sizeof wanted);
  int from = open(payload + sizeof offset + sizeof wanted, O_RDONLY | O_CLOEXEC), error = from < 0 ? errno : 0;
  while (!error && wanted) {
    ssize_t length = pread64(from, bytes, wanted < sizeof bytes ? wanted : sizeof bytes, offset);
    if (length < 0) error = errno;
    if (length <= 0) break;
    send_frame(id, OUT, bytes, length);
    offset += length, wanted -= length;
  }
  if (from >= 0) close(from);
  send_number(id, STATUS, error);
}

void read_link(uint32_t id, const char *path) {
  ssize_t length = readlink(path, bytes, sizeof bytes);
  int error = length < 0 ? errno : 0;
  if (!error) send_frame(id, OUT, bytes, length);
  send_number(id, STATUS, error);
}

/* Names, each with a zero byte after it. */
void list(uint32_t id, const char *path) {
  DIR *folder = opendir(path);
  if (!folder) return send_number(id, STATUS, errno);
  for (struct dirent *entry; (entry = readdir(folder));)
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
      send_frame(id, OUT, entry->d_name, strlen(entry->d_name) + 1);
  closedir(folder);
  send_number(id, STATUS, 0);
}

void make_folders(uint32_t id, const char *path) {
  char part[4096];
  int error = 0;
  for (const char *end = path; end && !error; ) {
    end = strchr(end + 1, '/');
    snprintf(part, sizeof part, "%.*s", end ? (int)(end - path) : (int)strlen(path), path);
    if (mkdir(part, 0755) && errno != EEXIST) error = errno;
  }
  send_number(id, STATUS, error);
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *walk) {
  (void)stat, (void)type, (void)walk;
  return remove(path) ? errno : 0;
}

void remove_all(uint32_t id, const char *path) {
  int error = nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
  send_number(id, STATUS, error < 0 ? errno : error);
}

void load(uint32_t id, const char *path) {
  int module = open(path, O_RDONLY | O_CLOEXEC), error = 0;
  if (module < 0 || syscall(SYS_finit_module, module, "", 0)) error = errno;
  if (module >= 0) close(module);
  send_number(id, STATUS, error);
}

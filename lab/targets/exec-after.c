// The process can become another program after the restore: no leftover of the freezing is in its way.
// That program is written here, byte by byte: where an image runs there may be no other, nor a loader for one.
#include "target.h"
#include <link.h>

#define BASE 0x400000

static struct {
  ElfW(Ehdr) header;
  ElfW(Phdr) load;
  unsigned char code[64];
} other = {
  .header = {.e_ident = {0x7f, 'E', 'L', 'F', sizeof(long) == 8 ? ELFCLASS64 : ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
             .e_type = ET_EXEC, .e_machine = sizeof(long) == 8 ? EM_X86_64 : EM_386, .e_version = EV_CURRENT,
             .e_entry = BASE + sizeof(ElfW(Ehdr)) + sizeof(ElfW(Phdr)), .e_phoff = sizeof(ElfW(Ehdr)),
             .e_ehsize = sizeof(ElfW(Ehdr)), .e_phentsize = sizeof(ElfW(Phdr)), .e_phnum = 1},
  .load = {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = BASE, .p_filesz = sizeof other, .p_memsz = sizeof other,
           .p_align = 0x1000},
#ifdef __x86_64__
  .code = "\xb8\x01\0\0\0" "\xbf\x01\0\0\0" "\x48\x8d\x35\x10\0\0\0" "\xba\x03\0\0\0" "\x0f\x05" // write(1, "ok\n", 3)
          "\xb8\x3c\0\0\0" "\x31\xff" "\x0f\x05" "ok\n",                                          // exit(0)
#else
  .code = "\xb8\x04\0\0\0" "\xbb\x01\0\0\0" "\xe8\0\0\0\0" "\x59" "\x83\xc1\x14" "\xba\x03\0\0\0" "\xcd\x80" // write(1, "ok\n", 3)
          "\xb8\x01\0\0\0" "\x31\xdb" "\xcd\x80" "ok\n",                                                   // exit(0)
#endif
};

int main(void) {
  frozen_here();
  int fd = open("other", O_WRONLY | O_CREAT | O_TRUNC, 0700);
  NEED(fd >= 0 && write(fd, &other, sizeof other) == sizeof other && close(fd) == 0);
  execl("./other", "other", (char *)NULL);
  CHECK(0, "execl: %s", strerror(errno));
}

/*
 * A program without a libc that has one of each: text, constants, data, a .bss of three pages, thread-local data,
 * a dynamic section, notes and symbols. It waits; `maps` of it is what /proc/PID/maps said then.
 *
 *   gcc -m64 -Os -nostdlib -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fpie -pie \
 *       -Wl,--build-id,-z,noseparate-code small.c -o small-pie.elf64
 *   gcc -m32 -Os -nostdlib -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-pie -no-pie \
 *       -static -Wl,--build-id,-z,noseparate-code small.c -o small-exec.elf32
 */
static const char greeting[] = "pause";
int counter = 42;
char table[3 * 4096];
__thread int per_thread = 7;
__thread int per_thread_zero;

__attribute__((used)) const char *greet(void) {
  return greeting;
}

void _start(void) {
#ifdef __x86_64__
  for (;;) __asm__ volatile("syscall" ::"a"(34) : "rcx", "r11", "memory"); /* pause */
#else
  for (;;) __asm__ volatile("int $0x80" ::"a"(29) : "memory"); /* pause */
#endif
}

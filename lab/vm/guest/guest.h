/* What the parts of a guest's first process share. The host's side: frames.ts, shared-memory.ts. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind {
  PUT = 1, DATA, DONE, READ, LINK, LIST, MAKE, REMOVE, START, FEED, SHUT, SIGNAL, LOAD,
  HELLO = 32, PID, OUT, ERR, EXIT, STATUS,
};
enum { CHUNK = 1 << 18 };
struct frame { uint32_t id, kind, length; };

/* Ends the guest: the host sees its console, and that it ended. */
_Noreturn void die(const char *what);

/* line.c */
extern int line;
void open_line(void);
void send_frame(uint32_t id, enum kind kind, const void *bytes, uint32_t length);
void send_number(uint32_t id, enum kind kind, uint32_t number);
/* @returns the payload, with a zero byte after it, until the next one is received */
char *receive_frame(struct frame *frame);

/* files.c: each answers with STATUS */
void put(const char *payload);
void put_data(const char *bytes, size_t length);
void put_done(uint32_t id);
void read_part(uint32_t id, const char *payload);
void read_link(uint32_t id, const char *path);
void list(uint32_t id, const char *path);
void make_folders(uint32_t id, const char *path);
void remove_all(uint32_t id, const char *path);
void load(uint32_t id, const char *path);

/* processes.c */
struct process;
/* @returns NULL when none of that id is left */
struct process *process_of(uint32_t id);
void start(uint32_t id, const char *payload, size_t length);
void feed(struct process *process, const char *bytes, size_t length);
void close_input(struct process *process);
void send_signal(struct process *process, const char *payload);
/* Waits for the host or for a process; tells what processes write and how they end. @returns whether the host wants something */
int wait_for_something(void);
void watch_children(void);

static inline const char *next(const char *text) { return text + strlen(text) + 1; }

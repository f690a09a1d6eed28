/* A program for a guest: says WORDS ends with status 3, having copied its input to standard output and its words to standard error;
 * says sleeps for ever with no word. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
  static char bytes[65536];
  if (argc == 1) for (;;) pause();
  for (ssize_t length; (length = read(0, bytes, sizeof bytes)) > 0;)
    if (write(1, bytes, length) != length) return 1;
  for (int n = 1; n < argc; n++) fprintf(stderr, "%s\n", argv[n]);
  return 3;
}

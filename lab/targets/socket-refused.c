// A socket in a state that no image can have: freezing it is refused.
#include "target.h"
#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

static int bound(int type, struct sockaddr_in *address) {
  socklen_t length = sizeof *address;
  int fd = socket(AF_INET, type, 0);
  *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  NEED(fd >= 0 && bind(fd, (struct sockaddr *)address, length) == 0 && getsockname(fd, (struct sockaddr *)address, &length) == 0);
  return fd;
}

static void waiting_datagram(void) {
  struct sockaddr_in address;
  int fd = bound(SOCK_DGRAM, &address);
  NEED(sendto(fd, "x", 1, 0, (struct sockaddr *)&address, sizeof address) == 1);
}

static void waiting_connection(void) {
  struct sockaddr_in address;
  int fd = bound(SOCK_STREAM, &address);
  NEED(listen(fd, 1) == 0 && connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address) == 0);
}

static void waiting_descriptor(void) {
  int pair[2];
  char room[CMSG_SPACE(sizeof(int))] = {0}, byte = 'x';
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &pair[0], sizeof(int));
  NEED(sendmsg(pair[0], &message, 0) == 1);
}

static void accepted(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int listening = socket(AF_UNIX, SOCK_STREAM, 0), caller = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(bind(listening, (struct sockaddr *)&address, sizeof address) == 0 && listen(listening, 1) == 0);
  NEED(connect(caller, (struct sockaddr *)&address, sizeof address) == 0 && accept(listening, NULL, NULL) >= 0);
}

static void filtered(void) {
  struct sockaddr_in address;
  struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, 0xffff)};
  struct sock_fprog program = {1, all};
  NEED(setsockopt(bound(SOCK_DGRAM, &address), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0);
}

static void netlink(void) { NEED(socket(AF_NETLINK, SOCK_RAW, 0) >= 0); }

int main(int argc, char **argv) {
  static const struct { const char *name; void (*make)(void); } states[] = {
    {"datagram", waiting_datagram}, {"connection", waiting_connection}, {"descriptor", waiting_descriptor},
    {"accepted", accepted}, {"filtered", filtered}, {"netlink", netlink},
  };
  for (size_t n = 0; argc == 2 && n < sizeof states / sizeof *states; n++)
    if (strcmp(argv[1], states[n].name) == 0) states[n].make();
  frozen_here();
  return ok();
}

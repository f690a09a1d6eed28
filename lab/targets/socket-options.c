// Every option of a socket that the kernel reports is as the program set it, the others as they were.
#include "target.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { SOCKET = 1, IP = 0, TCP = 6, UDP = 17, IPV6 = 41 };
enum { DATAGRAM, STREAM, DATAGRAM6, LOCAL };

static const struct { int family, type; } KINDS[] = {
  [DATAGRAM] = {AF_INET, SOCK_DGRAM}, [STREAM] = {AF_INET, SOCK_STREAM}, [DATAGRAM6] = {AF_INET6, SOCK_DGRAM}, [LOCAL] = {AF_UNIX, SOCK_STREAM}};

/* Numbers, as C libraries know no newer ones than they are old. Those without a release Linux 5.10 has. */
static const struct option {
  const char *name;
  int kind, level, option;
  unsigned value[4], size;
  const char *release;
} OPTIONS[] = {
#define INT(name, kind, level, option, value) {#name, kind, level, option, {value}, 4, NULL}
#define NEWER(name, kind, level, option, value, release) {#name, kind, level, option, {value}, 4, release}
  INT(SO_REUSEADDR, STREAM, SOCKET, 2, 1), INT(SO_DONTROUTE, DATAGRAM, SOCKET, 5, 1), INT(SO_BROADCAST, DATAGRAM, SOCKET, 6, 1),
  INT(SO_SNDBUF, LOCAL, SOCKET, 7, 20000), INT(SO_RCVBUF, DATAGRAM, SOCKET, 8, 20000), INT(SO_KEEPALIVE, STREAM, SOCKET, 9, 1),
  INT(SO_OOBINLINE, STREAM, SOCKET, 10, 1), INT(SO_NO_CHECK, DATAGRAM, SOCKET, 11, 1), INT(SO_PRIORITY, DATAGRAM, SOCKET, 12, 5),
  {"SO_LINGER", STREAM, SOCKET, 13, {1, 7}, 8, NULL}, INT(SO_REUSEPORT, DATAGRAM, SOCKET, 15, 1), INT(SO_PASSCRED, LOCAL, SOCKET, 16, 1),
  INT(SO_RCVLOWAT, STREAM, SOCKET, 18, 9), INT(SO_TIMESTAMP_OLD, DATAGRAM, SOCKET, 29, 1), INT(SO_PASSSEC, LOCAL, SOCKET, 34, 1),
  INT(SO_TIMESTAMPNS_OLD, DATAGRAM, SOCKET, 35, 1), INT(SO_TIMESTAMPING_OLD, DATAGRAM, SOCKET, 37, 0x18), INT(SO_RXQ_OVFL, DATAGRAM, SOCKET, 40, 1),
  INT(SO_WIFI_STATUS, DATAGRAM, SOCKET, 41, 1), INT(SO_PEEK_OFF, LOCAL, SOCKET, 42, 3), INT(SO_NOFCS, DATAGRAM, SOCKET, 43, 1),
  INT(SO_LOCK_FILTER, DATAGRAM, SOCKET, 44, 1), INT(SO_SELECT_ERR_QUEUE, DATAGRAM, SOCKET, 45, 1),
  INT(SO_MAX_PACING_RATE, STREAM, SOCKET, 47, 77777), INT(SO_ZEROCOPY, STREAM, SOCKET, 60, 1), {"SO_TXTIME", DATAGRAM, SOCKET, 61, {1, 2}, 8, NULL},
  INT(SO_TIMESTAMP_NEW, DATAGRAM, SOCKET, 63, 1), INT(SO_TIMESTAMPNS_NEW, DATAGRAM, SOCKET, 64, 1), INT(SO_TIMESTAMPING_NEW, DATAGRAM, SOCKET, 65, 0x18),
  {"SO_RCVTIMEO_NEW", STREAM, SOCKET, 66, {3}, 16, NULL}, {"SO_SNDTIMEO_NEW", STREAM, SOCKET, 67, {4}, 16, NULL},
  INT(IP_TOS, DATAGRAM, IP, 1, 16), INT(IP_TTL, DATAGRAM, IP, 2, 33), {"IP_OPTIONS", DATAGRAM, IP, 4, {0x01010101}, 4, NULL},
  INT(IP_RECVOPTS, DATAGRAM, IP, 6, 1), INT(IP_RETOPTS, DATAGRAM, IP, 7, 1), INT(IP_PKTINFO, DATAGRAM, IP, 8, 1),
  INT(IP_MTU_DISCOVER, DATAGRAM, IP, 10, 2), INT(IP_RECVERR, DATAGRAM, IP, 11, 1), INT(IP_RECVTTL, DATAGRAM, IP, 12, 1),
  INT(IP_RECVTOS, DATAGRAM, IP, 13, 1), INT(IP_FREEBIND, DATAGRAM, IP, 15, 1), INT(IP_PASSSEC, DATAGRAM, IP, 18, 1),
  INT(IP_RECVORIGDSTADDR, DATAGRAM, IP, 20, 1), INT(IP_MINTTL, DATAGRAM, IP, 21, 9), INT(IP_CHECKSUM, DATAGRAM, IP, 23, 1),
  INT(IP_BIND_ADDRESS_NO_PORT, STREAM, IP, 24, 1), INT(IP_RECVFRAGSIZE, DATAGRAM, IP, 25, 1), INT(IP_RECVERR_RFC4884, DATAGRAM, IP, 26, 1),
  {"IP_MULTICAST_IF", DATAGRAM, IP, 32, {0x0100007f}, 4, NULL}, INT(IP_MULTICAST_TTL, DATAGRAM, IP, 33, 9), INT(IP_MULTICAST_LOOP, DATAGRAM, IP, 34, 0),
  INT(IP_MULTICAST_ALL, DATAGRAM, IP, 49, 0), {"IP_UNICAST_IF", DATAGRAM, IP, 50, {0x01000000}, 4, NULL},
  INT(IPV6_2292PKTINFO, DATAGRAM6, IPV6, 2, 1), INT(IPV6_2292HOPOPTS, DATAGRAM6, IPV6, 3, 1), INT(IPV6_2292DSTOPTS, DATAGRAM6, IPV6, 4, 1),
  INT(IPV6_2292RTHDR, DATAGRAM6, IPV6, 5, 1), INT(IPV6_2292HOPLIMIT, DATAGRAM6, IPV6, 8, 1), INT(IPV6_FLOWINFO, DATAGRAM6, IPV6, 11, 1),
  INT(IPV6_UNICAST_HOPS, DATAGRAM6, IPV6, 16, 44), INT(IPV6_MULTICAST_IF, DATAGRAM6, IPV6, 17, 1), INT(IPV6_MULTICAST_HOPS, DATAGRAM6, IPV6, 18, 5),
  INT(IPV6_MULTICAST_LOOP, DATAGRAM6, IPV6, 19, 0), INT(IPV6_MTU_DISCOVER, DATAGRAM6, IPV6, 23, 2), INT(IPV6_RECVERR, DATAGRAM6, IPV6, 25, 1),
  INT(IPV6_V6ONLY, DATAGRAM6, IPV6, 26, 1), INT(IPV6_MULTICAST_ALL, DATAGRAM6, IPV6, 29, 0), INT(IPV6_ROUTER_ALERT_ISOLATE, DATAGRAM6, IPV6, 30, 1),
  INT(IPV6_RECVERR_RFC4884, DATAGRAM6, IPV6, 31, 1), INT(IPV6_FLOWINFO_SEND, DATAGRAM6, IPV6, 33, 1), INT(IPV6_RECVPKTINFO, DATAGRAM6, IPV6, 49, 1),
  INT(IPV6_RECVHOPLIMIT, DATAGRAM6, IPV6, 51, 1), INT(IPV6_RECVHOPOPTS, DATAGRAM6, IPV6, 53, 1), INT(IPV6_RECVRTHDR, DATAGRAM6, IPV6, 56, 1),
  INT(IPV6_RECVDSTOPTS, DATAGRAM6, IPV6, 58, 1), INT(IPV6_RECVPATHMTU, DATAGRAM6, IPV6, 60, 1), INT(IPV6_DONTFRAG, DATAGRAM6, IPV6, 62, 1),
  INT(IPV6_RECVTCLASS, DATAGRAM6, IPV6, 66, 1), INT(IPV6_TCLASS, DATAGRAM6, IPV6, 67, 32), INT(IPV6_AUTOFLOWLABEL, DATAGRAM6, IPV6, 70, 0),
  INT(IPV6_ADDR_PREFERENCES, DATAGRAM6, IPV6, 72, 2), INT(IPV6_MINHOPCOUNT, DATAGRAM6, IPV6, 73, 9), INT(IPV6_RECVORIGDSTADDR, DATAGRAM6, IPV6, 74, 1),
  {"IPV6_UNICAST_IF", DATAGRAM6, IPV6, 76, {0x01000000}, 4, NULL}, INT(IPV6_RECVFRAGSIZE, DATAGRAM6, IPV6, 77, 1), INT(IPV6_FREEBIND, DATAGRAM6, IPV6, 78, 1),
  INT(TCP_NODELAY, STREAM, TCP, 1, 1), INT(TCP_CORK, STREAM, TCP, 3, 1), INT(TCP_KEEPIDLE, STREAM, TCP, 4, 77), INT(TCP_KEEPINTVL, STREAM, TCP, 5, 7),
  INT(TCP_KEEPCNT, STREAM, TCP, 6, 3), INT(TCP_SYNCNT, STREAM, TCP, 7, 3), INT(TCP_LINGER2, STREAM, TCP, 8, 9), INT(TCP_DEFER_ACCEPT, STREAM, TCP, 9, 3),
  INT(TCP_WINDOW_CLAMP, STREAM, TCP, 10, 20000), {"TCP_CONGESTION", STREAM, TCP, 13, {0x6f6e6572}, 4, NULL},
  INT(TCP_THIN_LINEAR_TIMEOUTS, STREAM, TCP, 16, 1), INT(TCP_USER_TIMEOUT, STREAM, TCP, 18, 9000), INT(TCP_NOTSENT_LOWAT, STREAM, TCP, 25, 5000),
  INT(TCP_SAVE_SYN, STREAM, TCP, 27, 1), INT(TCP_FASTOPEN_CONNECT, STREAM, TCP, 30, 1), INT(TCP_FASTOPEN_NO_COOKIE, STREAM, TCP, 34, 1),
  {"TCP_FASTOPEN_KEY", STREAM, TCP, 33, {1, 2, 3, 4}, 16, NULL}, INT(TCP_INQ, STREAM, TCP, 36, 1), INT(TCP_TX_DELAY, STREAM, TCP, 37, 9),
  INT(UDP_CORK, DATAGRAM, UDP, 1, 1), INT(UDP_ENCAP, DATAGRAM, UDP, 100, 2), INT(UDP_NO_CHECK6_TX, DATAGRAM6, UDP, 101, 1),
  INT(UDP_NO_CHECK6_RX, DATAGRAM6, UDP, 102, 1), INT(UDP_SEGMENT, DATAGRAM, UDP, 103, 500), INT(UDP_GRO, DATAGRAM, UDP, 104, 1),
  NEWER(TCP_MAXSEG, STREAM, TCP, 2, 700, "5.17"), /* an older one does not report it */
  NEWER(SO_BUF_LOCK, LOCAL, SOCKET, 72, 3, "5.14"), NEWER(SO_TXREHASH, STREAM, SOCKET, 74, 0, "5.19"), NEWER(SO_RCVMARK, LOCAL, SOCKET, 75, 1, "5.19"),
  NEWER(IP_LOCAL_PORT_RANGE, STREAM, IP, 51, 0xc350afc8, "6.3"), NEWER(SO_PASSPIDFD, LOCAL, SOCKET, 76, 1, "6.5"),
  NEWER(SO_RCVPRIORITY, DATAGRAM, SOCKET, 82, 1, "6.14"), NEWER(TCP_RTO_MAX_MS, STREAM, TCP, 44, 5000, "6.15"), NEWER(SO_PASSRIGHTS, LOCAL, SOCKET, 83, 0, "6.16"),
};
#define COUNT (sizeof OPTIONS / sizeof *OPTIONS)

struct value {
  socklen_t length;
  unsigned char bytes[64];
};

static int made(const struct option *each) {
  int fd = socket(KINDS[each->kind].family, KINDS[each->kind].type, 0);
  NEED(fd >= 0);
  return fd;
}

static struct value value_of(int fd, const struct option *each) {
  struct value value = {.length = sizeof value.bytes};
  CHECK(getsockopt(fd, each->level, each->option, value.bytes, &value.length) == 0, "%s: %s", each->name, strerror(errno));
  return value;
}

static int same(const struct value *one, const struct value *other) {
  return one->length == other->length && memcmp(one->bytes, other->bytes, one->length) == 0;
}

/* One socket for each option of Linux 5.10, or for a newer one that is asked for by name, if this kernel has it. */
int main(int argc, char **argv) {
  static int fds[COUNT];
  static struct value before[COUNT];
  for (size_t n = 0; n < COUNT; n++) {
    const struct option *each = &OPTIONS[n];
    fds[n] = -1;
    if (argc > 1 ? strcmp(argv[1], each->name) != 0 : each->release != NULL) continue;
    int fd = made(each);
    struct value usual = {.length = sizeof usual.bytes};
    if (getsockopt(fd, each->level, each->option, usual.bytes, &usual.length) != 0) {
      NEED(each->release && (errno == ENOPROTOOPT || errno == EOPNOTSUPP));
      close(fd);
      continue;
    }
    if (setsockopt(fd, each->level, each->option, each->value, each->size) != 0)
      stop(77, "infra: %s: %s\n", each->name, strerror(errno));
    before[n] = value_of(fd, each);
    if (same(&before[n], &usual)) stop(77, "infra: %s is as it was\n", each->name);
    fds[n] = fd;
  }
  frozen_here();
  for (size_t n = 0; n < COUNT; n++) {
    if (fds[n] < 0) continue;
    struct value after = value_of(fds[n], &OPTIONS[n]);
    CHECK(same(&before[n], &after), "%s is another", OPTIONS[n].name);
  }
  return ok();
}

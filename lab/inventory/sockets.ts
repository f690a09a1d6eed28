import { type Area, carried, declared, defines, refused, stateless } from './row.ts';

const ASKS = 'asks';
const ACTS = 'acts at once';
const VALUE = 'a value of an option that is carried';
const REPORTED = 'Options that a new socket has otherwise are put back';
const UNREPORTED = 'does not report is not: memberships of multicast groups';

/** Of `SOL_SOCKET`. Those that need a privilege, a network device or a newer kernel than the lab's oldest have no target of their own. */
export const SOCKET_LEVEL: Area = {
  title: 'socket(7)',
  lists: [defines('asm-generic/socket.h', 'SO_', /^SO_(TIMESTAMP|TIMESTAMPNS|TIMESTAMPING|RCVTIMEO|SNDTIMEO)$/)],
  groups: [
    carried(
      'socket-options',
      `SO_REUSEADDR SO_DONTROUTE SO_BROADCAST SO_SNDBUF SO_RCVBUF SO_KEEPALIVE SO_OOBINLINE SO_NO_CHECK SO_PRIORITY SO_LINGER SO_REUSEPORT
      SO_PASSCRED SO_RCVLOWAT SO_PASSSEC SO_RXQ_OVFL SO_WIFI_STATUS SO_PEEK_OFF SO_NOFCS SO_LOCK_FILTER SO_SELECT_ERR_QUEUE
      SO_MAX_PACING_RATE SO_ZEROCOPY SO_TXTIME SO_TIMESTAMP_OLD SO_TIMESTAMPNS_OLD SO_TIMESTAMPING_OLD SO_TIMESTAMP_NEW
      SO_TIMESTAMPNS_NEW SO_TIMESTAMPING_NEW SO_RCVTIMEO_NEW SO_SNDTIMEO_NEW SO_RCVTIMEO_OLD SO_SNDTIMEO_OLD`,
    ),
    carried('socket-buffer-lock socket-option-so-buf-lock', 'SO_BUF_LOCK SO_SNDBUFFORCE SO_RCVBUFFORCE'),
    carried('socket-option-so-txrehash', 'SO_TXREHASH'),
    carried('socket-option-so-rcvmark', 'SO_RCVMARK'),
    carried('socket-option-so-passpidfd', 'SO_PASSPIDFD', { since: '6.5' }),
    carried('socket-option-so-rcvpriority', 'SO_RCVPRIORITY', { since: '6.14' }),
    carried('socket-option-so-passrights', 'SO_PASSRIGHTS', { since: '6.16' }),
    refused('packet-filter packet-filter-long socket-refused-filtered', 'SO_ATTACH_FILTER SO_GET_FILTER'),
    refused('packet-filter-ebpf', 'SO_ATTACH_BPF'),
    declared(
      REPORTED,
      'SO_DEBUG SO_BINDTODEVICE SO_BINDTOIFINDEX SO_MARK SO_BUSY_POLL SO_PREFER_BUSY_POLL SO_BUSY_POLL_BUDGET SO_RESERVE_MEM',
    ),
    declared(REPORTED, 'SO_INQ', { since: '7.0' }),
    declared(
      '`SO_ATTACH_REUSEPORT_CBPF` and `SO_ATTACH_REUSEPORT_EBPF`',
      'SO_ATTACH_REUSEPORT_CBPF SO_ATTACH_REUSEPORT_EBPF',
    ),
    declared('`SO_INCOMING_CPU`', 'SO_INCOMING_CPU'),
    declared('`SO_COOKIE` is another number', 'SO_COOKIE'),
    declared('`SO_PEERCRED` has the', 'SO_PEERCRED SO_PEERGROUPS SO_PEERSEC'),
    declared('`SO_PEERCRED` has the', 'SO_PEERPIDFD', { since: '6.5' }),
    stateless(
      ASKS,
      'SO_TYPE SO_ERROR SO_ACCEPTCONN SO_PROTOCOL SO_DOMAIN SO_PEERNAME SO_BPF_EXTENSIONS SO_MEMINFO SO_INCOMING_NAPI_ID SO_NETNS_COOKIE SO_SNDLOWAT',
    ),
    stateless(ACTS, 'SO_DETACH_FILTER SO_DETACH_BPF SO_DETACH_REUSEPORT_BPF SO_CNX_ADVICE'),
    stateless(ACTS, 'SO_DEVMEM_*', { since: '6.12' }),
    stateless('the kernel does nothing with it', 'SO_BSDCOMPAT SO_SECURITY_*'),
  ],
};

export const IP: Area = {
  title: 'ip(7), ipv6(7)',
  lists: [
    defines('linux/in.h', 'IP_|MCAST_', /^IP_(DEFAULT|MSFILTER_SIZE)/),
    defines('linux/in6.h', 'IPV6_', /^IPV6_(FL_|FLOWINFO_[FP]|PRIORITY_|TLV_)/),
  ],
  groups: [
    carried(
      'socket-options',
      `IP_TOS IP_TTL IP_OPTIONS IP_RECVOPTS IP_RETOPTS IP_RECVRETOPTS IP_PKTINFO IP_MTU_DISCOVER IP_RECVERR IP_RECVTTL IP_RECVTOS IP_FREEBIND IP_PASSSEC
      IP_RECVORIGDSTADDR IP_ORIGDSTADDR IP_MINTTL IP_CHECKSUM IP_BIND_ADDRESS_NO_PORT IP_RECVFRAGSIZE IP_RECVERR_RFC4884 IP_MULTICAST_IF
      IP_MULTICAST_TTL IP_MULTICAST_LOOP IP_MULTICAST_ALL IP_UNICAST_IF`,
    ),
    carried('socket-option-ip-local-port-range', 'IP_LOCAL_PORT_RANGE', { since: '6.3' }),
    carried(
      'socket-options',
      `IPV6_2292PKTINFO IPV6_2292HOPOPTS IPV6_2292DSTOPTS IPV6_2292RTHDR IPV6_2292HOPLIMIT IPV6_FLOWINFO IPV6_UNICAST_HOPS IPV6_MULTICAST_IF
      IPV6_MULTICAST_HOPS IPV6_MULTICAST_LOOP IPV6_MTU_DISCOVER IPV6_RECVERR IPV6_V6ONLY IPV6_MULTICAST_ALL IPV6_ROUTER_ALERT_ISOLATE
      IPV6_RECVERR_RFC4884 IPV6_FLOWINFO_SEND IPV6_RECVPKTINFO IPV6_RECVHOPLIMIT IPV6_RECVHOPOPTS IPV6_RECVRTHDR IPV6_RECVDSTOPTS
      IPV6_RECVPATHMTU IPV6_DONTFRAG IPV6_RECVTCLASS IPV6_TCLASS IPV6_AUTOFLOWLABEL IPV6_ADDR_PREFERENCES IPV6_MINHOPCOUNT
      IPV6_RECVORIGDSTADDR IPV6_ORIGDSTADDR IPV6_UNICAST_IF IPV6_RECVFRAGSIZE IPV6_FREEBIND`,
    ),
    declared(REPORTED, 'IP_TRANSPARENT IPV6_TRANSPARENT IPV6_HOPOPTS IPV6_RTHDRDSTOPTS IPV6_RTHDR IPV6_DSTOPTS'),
    declared(
      UNREPORTED,
      'IP_ADD_MEMBERSHIP IP_BLOCK_SOURCE IP_ADD_SOURCE_MEMBERSHIP IP_MSFILTER MCAST_* IPV6_ADD_MEMBERSHIP IPV6_JOIN_ANYCAST',
    ),
    declared('IPsec policies', 'IP_IPSEC_POLICY IP_XFRM_POLICY IPV6_IPSEC_POLICY IPV6_XFRM_POLICY'),
    declared('flow labels', 'IPV6_FLOWLABEL_MGR'),
    declared(
      'a sticky `IPV6_PKTINFO` or `IPV6_MTU`',
      'IPV6_PKTINFO IPV6_MTU IPV6_USE_MIN_MTU IPV6_NEXTHOP IPV6_AUTHHDR IPV6_HOPLIMIT',
    ),
    refused(
      'netlink socket-refused-netlink',
      'IP_HDRINCL IP_ROUTER_ALERT IP_NODEFRAG IP_PROTOCOL IPV6_CHECKSUM IPV6_ROUTER_ALERT IPV6_HDRINCL',
    ),
    stateless(ASKS, 'IP_PKTOPTIONS IP_MTU IPV6_2292PKTOPTIONS IPV6_PATHMTU'),
    stateless(
      ACTS,
      'IP_DROP_MEMBERSHIP IP_UNBLOCK_SOURCE IP_DROP_SOURCE_MEMBERSHIP IPV6_DROP_MEMBERSHIP IPV6_LEAVE_ANYCAST',
    ),
    stateless('makes it a socket of another kind', 'IPV6_ADDRFORM'),
    stateless(VALUE, 'IP_PMTUDISC_* IPV6_PMTUDISC_* IPV6_PREFER_SRC_*'),
  ],
};

export const TRANSPORT: Area = {
  title: 'tcp(7), udp(7), unix(7)',
  lists: [
    defines('linux/tcp.h', 'TCP_', /^TCP_(MSS_D|REPAIR_O(?:N|FF)|MD5SIG_M|MD5SIG_F|RECEIVE_|CM_)/),
    defines('linux/udp.h', 'UDP_|TCP_'),
    defines('linux/un.h', 'SIOCUNIX'),
  ],
  groups: [
    carried(
      'socket-options',
      `TCP_NODELAY TCP_CORK TCP_KEEPIDLE TCP_KEEPINTVL TCP_KEEPCNT TCP_SYNCNT TCP_LINGER2 TCP_DEFER_ACCEPT TCP_WINDOW_CLAMP TCP_CONGESTION
      TCP_THIN_LINEAR_TIMEOUTS TCP_USER_TIMEOUT TCP_NOTSENT_LOWAT TCP_SAVE_SYN TCP_FASTOPEN_CONNECT TCP_FASTOPEN_KEY
      TCP_FASTOPEN_NO_COOKIE TCP_INQ TCP_TX_DELAY UDP_CORK UDP_ENCAP UDP_NO_CHECK6_TX UDP_NO_CHECK6_RX UDP_SEGMENT UDP_GRO`,
    ),
    carried('socket-option-tcp-maxseg', 'TCP_MAXSEG'),
    carried('socket-option-tcp-rto-max-ms', 'TCP_RTO_MAX_MS', { since: '6.15' }),
    declared(REPORTED, 'TCP_FASTOPEN'),
    declared(REPORTED, 'TCP_RTO_MIN_US TCP_DELACK_MAX_US', { since: '6.18' }),
    declared('`TCP_MD5SIG` and TCP-AO', 'TCP_MD5SIG TCP_MD5SIG_EXT'),
    declared('`TCP_MD5SIG` and TCP-AO', 'TCP_AO_*', { since: '6.7' }),
    declared('`TCP_QUICKACK`', 'TCP_QUICKACK'),
    refused(
      'tcp-connection',
      'TCP_ULP TCP_REPAIR TCP_REPAIR_QUEUE TCP_QUEUE_SEQ TCP_REPAIR_OPTIONS TCP_REPAIR_WINDOW TCP_TIMESTAMP',
    ),
    stateless(ASKS, 'TCP_INFO TCP_CC_INFO TCP_SAVED_SYN'),
    stateless(ASKS, 'TCP_IS_MPTCP', { since: '6.7' }),
    stateless(ACTS, 'TCP_ZEROCOPY_RECEIVE SIOCUNIXFILE'),
    stateless('the kernel does nothing with it', 'TCP_THIN_DUPACK'),
    stateless(VALUE, 'UDP_ENCAP_* TCP_ENCAP_*'),
  ],
};

/** What else a socket has. */
export const SOCKET_STATES: Area = {
  title: 'Sockets: families and states',
  lists: [],
  groups: [
    carried('inet-sockets', 'an address; a socket that listens; a UDP socket with a peer'),
    carried('unix-pair unix-listening unix-unlinked', 'UNIX sockets; what waits in them'),
    carried('socket-shutdown', 'what was shut down;'),
    refused('socket-foreign unix-peer-foreign', 'a socket of two processes; a connection to another process'),
    refused(
      'unix-path-taken unix-path-taken-by-socket unix-path-renamed unix-directory-gone',
      'a UNIX socket whose path leads elsewhere;',
    ),
    refused('connection-waiting socket-refused-connection', 'connections that were not accepted;'),
    refused(
      'datagram-waiting socket-refused-datagram datagram-begun',
      'a datagram that waits; one that is not complete',
    ),
    refused('descriptor-waiting socket-refused-descriptor', 'descriptors on their way;'),
    refused('urgent-byte', 'a byte out of band;'),
    refused('socket-error', 'an error that was not read;'),
    refused('tcp-connection socket-refused-accepted', 'a connection;'),
    refused(
      'netlink socket-refused-netlink',
      'AF_NETLINK AF_PACKET AF_VSOCK AF_ALG AF_XDP AF_BLUETOOTH AF_CAN SOCK_RAW IPPROTO_MPTCP IPPROTO_SCTP IPPROTO_UDPLITE',
    ),
  ],
};

/* What a program tries that wants out of its network policy. `attacker DEVICE` prints one line a try, `NAME WORD`, and
 * behind it what a datagram to a foreign address then comes to: `NAME out WORD`. A word is ok or the errno's name.
 * `attacker listen PORT` says ready and then whom it heard, each once; `attacker shout DEVICE PORT TEXT…` speaks to
 * everybody that a link reaches; `attacker bind NAME` and `attacker meet NAME` are two ends of an abstract socket. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *foreign = "198.51.100.9";

static const char *word(long result) {
    return result < 0 ? strerrorname_np(errno) : "ok";
}

static long datagram(const char *address, int port, const char *device, int option) {
    int on = 1, six = strchr(address, ':') != NULL, fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = if_nametoindex(device)};
    inet_pton(six ? AF_INET6 : AF_INET, address, six ? (void *)&to6.sin6_addr : (void *)&to4.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    if (option == SO_BINDTODEVICE)
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device));
    else if (option)
        setsockopt(fd, SOL_SOCKET, option, &on, sizeof on);
    long result = sendto(fd, "?", 1, MSG_DONTWAIT, six ? (void *)&to6 : (void *)&to4, six ? sizeof to6 : sizeof to4);
    int kept = errno;
    close(fd);
    errno = kept;
    return result;
}

static void say(const char *what, long result) {
    printf("%s %s\n", what, word(result));
    printf("%s out %s\n", what, word(datagram(foreign, 9, "", 0)));
    fflush(stdout);
}

static char message[4096];

static struct nlmsghdr *begin(int type, int flags, size_t body) {
    memset(message, 0, sizeof message);
    struct nlmsghdr *head = (void *)message;
    *head = (struct nlmsghdr){NLMSG_LENGTH(body), type, NLM_F_REQUEST | NLM_F_ACK | flags, 1, 0};
    return head;
}

static struct rtattr *add(struct nlmsghdr *head, int type, const void *data, size_t size) {
    struct rtattr *attribute = (void *)((char *)head + NLMSG_ALIGN(head->nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = RTA_LENGTH(size);
    memcpy(RTA_DATA(attribute), data, size);
    head->nlmsg_len = NLMSG_ALIGN(head->nlmsg_len) + RTA_ALIGN(attribute->rta_len);
    return attribute;
}

static void finish(struct nlmsghdr *head, struct rtattr *nest) {
    nest->rta_len = (char *)head + head->nlmsg_len - (char *)nest;
}

/* Send what is in `message`; the first refusal is the answer. */
static long ask(int protocol, size_t size) {
    char answer[4096];
    int fd = socket(AF_NETLINK, SOCK_RAW, protocol);
    struct timeval patience = {.tv_sec = 2};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    long result = fd < 0 ? -1 : send(fd, message, size, 0), got;
    if (result >= 0 && (got = recv(fd, answer, sizeof answer, 0)) > 0) {
        struct nlmsghdr *head = (void *)answer;
        errno = head->nlmsg_type == NLMSG_ERROR ? -((struct nlmsgerr *)NLMSG_DATA(head))->error : EPROTO;
        result = errno ? -1 : 0;
    }
    int kept = errno;
    close(fd);
    errno = kept;
    return result;
}

static size_t put(size_t at, int type, int flags, int family, int resource, const void *data, size_t size) {
    struct nlmsghdr *head = (void *)(message + at);
    struct nfgenmsg *about = NLMSG_DATA(head);
    *head = (struct nlmsghdr){NLMSG_LENGTH(sizeof *about), type, NLM_F_REQUEST | flags, 1, 0};
    *about = (struct nfgenmsg){family, 0, htons(resource)};
    if (size)
        add(head, NFTA_TABLE_NAME, data, size);
    return at + NLMSG_ALIGN(head->nlmsg_len);
}

/* Remove the table (or all of them), or make one of one's own. */
static long table(int what, const char *name) {
    memset(message, 0, sizeof message);
    size_t at = put(0, NFNL_MSG_BATCH_BEGIN, 0, 0, NFNL_SUBSYS_NFTABLES, NULL, 0);
    at = put(at, NFNL_SUBSYS_NFTABLES << 8 | what, NLM_F_ACK | NLM_F_CREATE, NFPROTO_INET, 0, name, strlen(name) + !!*name);
    at = put(at, NFNL_MSG_BATCH_END, 0, 0, NFNL_SUBSYS_NFTABLES, NULL, 0);
    return ask(NETLINK_NETFILTER, at);
}

/* A connection that never was, so that what goes out would seem to answer it. */
static long conntrack(void) {
    memset(message, 0, sizeof message);
    size_t at = put(0, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW, NLM_F_ACK | NLM_F_CREATE, AF_INET, 0, NULL, 0);
    return ask(NETLINK_NETFILTER, at);
}

static long device_down(const char *device) {
    struct nlmsghdr *head = begin(RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
    struct ifinfomsg *about = NLMSG_DATA(head);
    about->ifi_index = if_nametoindex(device);
    about->ifi_change = IFF_PROMISC;
    about->ifi_flags = IFF_PROMISC;
    return ask(NETLINK_ROUTE, head->nlmsg_len);
}

/* A pair of interfaces, one end in the network of process `pid` (0: both here). */
static long pair(int pid) {
    struct nlmsghdr *head = begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
    struct ifinfomsg nobody = {0};
    struct rtattr *info = add(head, IFLA_LINKINFO, "", 0);
    add(head, IFLA_INFO_KIND, "veth", 5);
    struct rtattr *data = add(head, IFLA_INFO_DATA, "", 0), *peer = add(head, VETH_INFO_PEER, &nobody, sizeof nobody);
    if (pid)
        add(head, IFLA_NET_NS_PID, &pid, sizeof pid);
    finish(head, peer);
    finish(head, data);
    finish(head, info);
    return ask(NETLINK_ROUTE, head->nlmsg_len);
}

/* From a network of one's own, reach back into the policed one. */
static long bridge_back(void) {
    int end[2], result = -1;
    if (pipe(end) < 0)
        return -1;
    pid_t stays = getpid(), child = fork();
    if (child == 0) {
        errno = 0;
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && pair(stays) == 0)
            errno = 0;
        result = errno;
        _exit(write(end[1], &result, sizeof result) < 0);
    }
    if (read(end[0], &result, sizeof result) < 0)
        return -1;
    waitpid(child, NULL, 0);
    errno = result;
    return result ? -1 : 0;
}

static long sysctl(void) {
    mkdir("/tmp/proc", 0755);
    mount("proc", "/tmp/proc", "proc", 0, ""); /* a fresh one has nothing read-only */
    int fd = open("/tmp/proc/sys/net/ipv4/ip_forward", O_WRONLY);
    return fd < 0 ? open("/proc/sys/net/ipv4/ip_forward", O_WRONLY) : write(fd, "1", 1);
}

static long owner(int request, const char *path) {
    int fd = open(path, O_RDONLY), found = ioctl(fd, request);
    return found < 0 ? found : setns(found, 0);
}

static int listen_on(int port) {
    char text[64];
    int on = 1, fd = socket(AF_INET6, SOCK_DGRAM, 0);
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct ip_mreqn hosts = {.imr_multiaddr.s_addr = htonl(INADDR_ALLHOSTS_GROUP), .imr_ifindex = if_nametoindex("eth0")};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &hosts, sizeof hosts);
    if (bind(fd, (void *)&any, sizeof any) < 0)
        return 1;
    puts("ready");
    for (ssize_t got; (got = recv(fd, text, sizeof text - 1, 0)) > 0;) {
        text[got] = '\0';
        puts(text);
    }
    return 0;
}

/* To the broadcast address, to all hosts by IPv4 and by IPv6, and to each address that is named. */
static int shout(const char *device, int port, const char *text, char **addresses) {
    const char *everybody[] = {"255.255.255.255", "224.0.0.1", "ff02::1"};
    int on = 1, sent = 0;
    for (int i = 0; i < 3 || addresses[i - 3]; i++) {
        const char *address = i < 3 ? everybody[i] : addresses[i - 3];
        int six = strchr(address, ':') != NULL, fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
        struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons(port)};
        struct sockaddr_in6 to6 = {
            .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = if_nametoindex(device)};
        inet_pton(six ? AF_INET6 : AF_INET, address, six ? (void *)&to6.sin6_addr : (void *)&to4.sin_addr);
        setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device));
        for (int tries = 0; tries < 300; tries++) { /* until the link's own address is no longer tentative */
            if (sendto(fd, text, strlen(text), 0, six ? (void *)&to6 : (void *)&to4, six ? sizeof to6 : sizeof to4) > 0) {
                sent++;
                break;
            }
            if (errno != EADDRNOTAVAIL)
                break;
            usleep(10000);
        }
        close(fd);
    }
    printf("%d\n", sent);
    return 0;
}

static int abstract(const char *name, int binds) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t size = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);
    strcpy(address.sun_path + 1, name);
    if (binds && (bind(fd, (void *)&address, size) < 0 || listen(fd, 5) < 0))
        return 1;
    puts(binds ? "ready" : word(connect(fd, (void *)&address, size)));
    return binds ? pause() : 0;
}

int main(int argc, char **argv) {
    const char *device = argc > 1 ? argv[1] : "tap0";
    int on = 1;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 2 && strcmp(device, "listen") == 0)
        return listen_on(atoi(argv[2]));
    if (argc > 4 && strcmp(device, "shout") == 0)
        return shout(argv[2], atoi(argv[3]), argv[4], argv + 5);
    if (argc > 2 && (strcmp(device, "bind") == 0 || strcmp(device, "meet") == 0))
        return abstract(argv[2], *device == 'b');
    say("nothing", 0);
    say("table-delete", table(NFT_MSG_DELTABLE, "hull"));
    say("table-flush", table(NFT_MSG_DELTABLE, ""));
    say("table-new", table(NFT_MSG_NEWTABLE, "mine"));
    say("conntrack-new", conntrack());
    say("device", device_down(device));
    say("pair", pair(0));
    say("pair-back", bridge_back());
    say("sysctl", sysctl());
    say("owner", owner(NS_GET_USERNS, "/proc/self/ns/net"));
    say("parent", owner(NS_GET_PARENT, "/proc/self/ns/user"));
    say("tun", mknod("/tmp/tun", S_IFCHR | 0600, makedev(10, 200)) < 0 ? -1 : open("/tmp/tun", O_RDWR));
    say("raw", socket(AF_INET, SOCK_RAW, IPPROTO_RAW));
    say("raw-tcp", socket(AF_INET, SOCK_RAW, IPPROTO_TCP));
    say("raw-six", socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));
    say("packet", socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)));
    say("packet-dgram", socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP)));
    for (int family = 0; family < 50; family++) {
        char name[32];
        if (family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK || family == AF_PACKET)
            continue;
        snprintf(name, sizeof name, "family-%d", family);
        say(name, socket(family, SOCK_DGRAM, 0) < 0 ? socket(family, SOCK_STREAM, 0) : 0);
    }
    int stream = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    say("transparent", setsockopt(stream, SOL_IP, IP_TRANSPARENT, &on, sizeof on));
    say("to-bound", datagram(foreign, 9, device, SO_BINDTODEVICE));
    say("to-unrouted", datagram(foreign, 9, device, SO_DONTROUTE));
    say("to-gateway", datagram("10.0.2.2", 9, device, 0));
    say("to-resolver", datagram("10.0.2.3", 53, device, 0));
    say("to-metadata", datagram("169.254.169.254", 80, device, 0));
    say("to-broadcast", datagram("255.255.255.255", 9, device, SO_BINDTODEVICE));
    say("to-multicast", datagram("224.0.0.251", 5353, device, SO_BINDTODEVICE));
    say("to-six-multicast", datagram("ff02::1", 9, device, SO_BINDTODEVICE));
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
    inet_pton(AF_INET, foreign, &to.sin_addr);
    say("to-echo", sendto(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), "\10\0\0\0\0\0\0\0", 8, 0, (void *)&to, sizeof to));
    say("to-lite", sendto(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE), "?", 1, 0, (void *)&to, sizeof to));
    int slow = socket(AF_INET, SOCK_STREAM, 0);
    say("to-tcp", connect(slow, (void *)&to, sizeof to));
    say("to-fast-open", sendto(socket(AF_INET, SOCK_STREAM, 0), "?", 1, MSG_FASTOPEN, (void *)&to, sizeof to));
    return 0;
}

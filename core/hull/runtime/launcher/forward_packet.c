/* Datagrams: who sends gets a socket inside for itself, until nothing has passed for a while. */
#include "forward.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { FLOWS_MOST = 1024, IDLE_MS = 90000, AT_ONCE = 64 };

struct flow {
    struct watch watch;
    struct flow *next;
    const struct listener *listener;
    union place from;
    union place asked; /* the address of ours to which it was sent; family 0: unknown */
    int64_t used;
};

struct packets {
    struct flow *flows;
    size_t count;
};

static char bytes[FORWARD_BUFFER] ROOMY;

static int64_t now_ms(void)
{
    return channel_clock() / 1000000;
}

int packet_patience(const struct forward *forward)
{
    return forward->packets != NULL && forward->packets->count > 0 ? IDLE_MS / 3 : -1;
}

static void drop(struct forward *forward, struct flow **at)
{
    struct flow *flow = *at;

    *at = flow->next;
    forward->packets->count--;
    forward_close(forward, &flow->watch);
    forward_bury(forward, &flow->watch, flow);
}

static void drop_if(struct forward *forward, const struct listener *listener, int64_t before)
{
    struct flow **at = forward->packets == NULL ? NULL : &forward->packets->flows;

    while (at != NULL && *at != NULL) {
        if ((*at)->listener == listener || (*at)->used < before)
            drop(forward, at);
        else
            at = &(*at)->next;
    }
}

void packet_expire(struct forward *forward)
{
    if (forward->packets != NULL && forward->packets->count > 0)
        drop_if(forward, NULL, now_ms() - IDLE_MS);
}

void packet_forget(struct forward *forward, const struct listener *listener)
{
    drop_if(forward, listener, 0);
}

static bool same(const union place *a, const union place *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET6)
        return a->v6.sin6_port == b->v6.sin6_port && a->v6.sin6_scope_id == b->v6.sin6_scope_id &&
               IN6_ARE_ADDR_EQUAL(&a->v6.sin6_addr, &b->v6.sin6_addr);
    return a->any.sa_family == AF_UNSPEC ||
           (a->v4.sin_port == b->v4.sin_port && a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr);
}

/* What the socket option tells of the address that a datagram was sent to, and back. */
static void read_asked(struct msghdr *message, union place *asked)
{
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL; head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level == IPPROTO_IP && head->cmsg_type == IP_PKTINFO) {
            asked->v4.sin_family = AF_INET;
            asked->v4.sin_addr = ((struct in_pktinfo *)CMSG_DATA(head))->ipi_addr;
        } else if (head->cmsg_level == IPPROTO_IPV6 && head->cmsg_type == IPV6_PKTINFO) {
            asked->v6.sin6_family = AF_INET6;
            asked->v6.sin6_addr = ((struct in6_pktinfo *)CMSG_DATA(head))->ipi6_addr;
        }
    }
}

static void write_asked(struct msghdr *message, const union place *asked)
{
    struct cmsghdr *head = message->msg_control;
    struct in_pktinfo v4 = {.ipi_spec_dst = asked->v4.sin_addr};
    struct in6_pktinfo v6 = {.ipi6_addr = asked->v6.sin6_addr};
    bool is_v6 = asked->any.sa_family == AF_INET6;
    size_t size = is_v6 ? sizeof v6 : sizeof v4;

    if (asked->any.sa_family == AF_UNSPEC) {
        message->msg_controllen = 0;
        return;
    }
    head->cmsg_level = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP;
    head->cmsg_type = is_v6 ? IPV6_PKTINFO : IP_PKTINFO;
    head->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(head), is_v6 ? (void *)&v6 : (void *)&v4, size);
    message->msg_controllen = CMSG_SPACE(size);
}

static void answer(struct forward *forward, struct watch *watch, uint32_t events)
{
    struct flow *flow = (struct flow *)watch;
    char room[CMSG_SPACE(sizeof(struct in6_pktinfo))] __attribute__((aligned(8))) = {0};
    ssize_t got;

    (void)forward, (void)events;
    for (int i = 0; i < AT_ONCE && (got = recv(watch->fd, bytes, sizeof bytes, 0)) >= 0; i++) {
        struct iovec data = {bytes, (size_t)got};
        struct msghdr message = {.msg_name = &flow->from, .msg_namelen = forward_size(&flow->from),
                                 .msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};

        write_asked(&message, &flow->asked);
        flow->used = now_ms();
        sendmsg(flow->listener->watch.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

static struct flow *oldest(struct packets *packets)
{
    struct flow *found = packets->flows;

    for (struct flow *flow = found; flow != NULL; flow = flow->next)
        if (flow->used < found->used)
            found = flow;
    return found;
}

static struct flow *begin(struct forward *forward, const struct listener *listener, const union place *from,
                          const union place *asked)
{
    struct packets *packets = forward->packets;
    int kind = SOCK_DGRAM, fd = -1;
    struct flow *flow;

    if (packets->count >= FLOWS_MOST)
        drop_if(forward, NULL, oldest(packets)->used + 1);
    for (int i = 0; i < forward->targets && fd < 0; i++)
        fd = stream_connect(forward, kind, IPPROTO_UDP, from, forward->target[i], listener->port);
    if (fd < 0 || (flow = calloc(1, sizeof *flow)) == NULL) {
        close(fd);
        return NULL;
    }
    *flow = (struct flow){.watch = {.fd = fd, .act = answer}, .next = packets->flows, .listener = listener,
                          .from = *from, .asked = *asked};
    packets->flows = flow;
    packets->count++;
    forward_watch(forward, &flow->watch, EPOLLIN);
    return flow;
}

static struct flow *flow_of(struct forward *forward, const struct listener *listener, const union place *from,
                            const union place *asked)
{
    for (struct flow *flow = forward->packets->flows; flow != NULL; flow = flow->next)
        if (flow->listener == listener && same(&flow->from, from) && same(&flow->asked, asked))
            return flow;
    return begin(forward, listener, from, asked);
}

void packet_receive(struct forward *forward, struct watch *watch, uint32_t events)
{
    static struct packets packets;
    const struct listener *listener = (struct listener *)watch;

    (void)events;
    forward->packets = &packets;
    for (int i = 0; i < AT_ONCE; i++) {
        char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))] __attribute__((aligned(8)));
        union place from = {0}, asked = {0};
        struct iovec data = {bytes, sizeof bytes};
        struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &data, .msg_iovlen = 1,
                                 .msg_control = room, .msg_controllen = sizeof room};
        ssize_t got = recvmsg(watch->fd, &message, MSG_DONTWAIT);
        struct flow *flow;

        if (got < 0)
            return;
        read_asked(&message, &asked);
        if ((flow = flow_of(forward, listener, &from, &asked)) != NULL) {
            flow->used = now_ms();
            send(flow->watch.fd, bytes, (size_t)got, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
    }
}

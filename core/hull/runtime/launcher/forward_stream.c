/* Connections: two sockets, what one says the other hears, and each learns how the other ended. */
#include "forward.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum { AT_ONCE = 256 };

#ifndef IPV6_TRANSPARENT
#define IPV6_TRANSPARENT 75
#endif

struct stream {
    struct end client, inside;
    union place from;
    uint16_t port;
    int protocol, tried;
    bool connecting;
};

static struct stream *stream_of(struct end *end)
{
    return end->other < end ? (struct stream *)end->other : (struct stream *)end; /* the client's end comes first */
}

static void wait_for(struct forward *forward, struct end *end)
{
    uint32_t events = (!end->ended && end->other->held == 0 ? EPOLLIN : 0u) | (end->held > 0 ? EPOLLOUT : 0u);

    forward_watch(forward, &end->watch, events);
}

/* As a reset where one side was reset: who reads must not take half an answer for a whole one. */
static void hang_up(struct forward *forward, struct stream *stream, bool reset)
{
    const struct linger now = {.l_onoff = 1};
    struct end *ends[] = {&stream->client, &stream->inside};

    for (int i = 0; i < 2; i++) {
        if (ends[i]->watch.fd >= 0 && reset)
            setsockopt(ends[i]->watch.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        if (ends[i]->watch.fd >= 0)
            forward_close(forward, &ends[i]->watch);
        move_drop(ends[i]);
    }
    forward_bury(forward, &stream->client.watch, stream);
}

static void relay(struct forward *forward, struct watch *watch, uint32_t events)
{
    struct end *end = (struct end *)watch;
    struct stream *stream = stream_of(end);
    bool sound = true;

    if (events & EPOLLOUT && end->held > 0)
        sound = move_flush(forward, end);
    if (sound && events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !end->ended && end->other->held == 0)
        sound = move_take(forward, end);
    else if (events & EPOLLERR)
        sound = false;
    if (!sound || (end->ended && end->other->ended && end->held == 0 && end->other->held == 0)) {
        hang_up(forward, stream, !sound);
        return;
    }
    wait_for(forward, end);
    wait_for(forward, end->other);
}

/* Who came over this machine's loopback would be the container's own there: they seem to come from the gateway. */
static const union place *seeming(const struct forward *forward, const union place *client)
{
    bool v6 = client->any.sa_family == AF_INET6;
    bool loopback = v6 ? IN6_IS_ADDR_LOOPBACK(&client->v6.sin6_addr)
                       : (ntohl(client->v4.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;

    if (v6 && IN6_IS_ADDR_LINKLOCAL(&client->v6.sin6_addr))
        loopback = true; /* its link is not here */
    return !loopback ? client : forward->stranger[v6].any.sa_family ? &forward->stranger[v6] : NULL;
}

static void put_on(int fd, union place from)
{
    static const int on = 1, mark = FORWARD_MARK;
    bool v6 = from.any.sa_family == AF_INET6;

    if (v6)
        from.v6.sin6_port = from.v6.sin6_scope_id = 0;
    else
        from.v4.sin_port = 0;
    if (setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, &on, sizeof on) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0) {
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        bind(fd, &from.any, forward_size(&from)); /* else the container's own address is as good */
    }
}

int stream_connect(const struct forward *forward, int kind, int protocol, const union place *client, union place target,
                   uint16_t port)
{
    const union place *from = seeming(forward, client);
    int fd = socket(target.any.sa_family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

    if (fd < 0)
        return -1;
    if (target.any.sa_family == AF_INET6)
        target.v6.sin6_port = htons(port);
    else
        target.v4.sin_port = htons(port);
    if (protocol == IPPROTO_TCP && forward->transparent && from != NULL &&
        from->any.sa_family == target.any.sa_family)
        put_on(fd, *from);
    if (connect(fd, &target.any, forward_size(&target)) < 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

static void go_in(struct forward *forward, struct stream *stream);

static void connected(struct forward *forward, struct watch *watch, uint32_t events)
{
    struct stream *stream = stream_of((struct end *)watch);
    const int on = 1;
    int error = 0;
    socklen_t size = sizeof error;

    (void)events;
    if (getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0) {
        forward_close(forward, watch);
        go_in(forward, stream);
        return;
    }
    if (stream->protocol == IPPROTO_TCP) {
        setsockopt(watch->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(stream->client.watch.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    stream->client.watch.act = stream->inside.watch.act = relay;
    wait_for(forward, &stream->client);
    wait_for(forward, &stream->inside);
}

/* Where the client's family is one of the container's, that address is tried first: only there is it kept. */
static void go_in(struct forward *forward, struct stream *stream)
{
    bool turned = forward->targets == 2 && stream->from.any.sa_family != forward->target[0].any.sa_family;

    while (stream->tried < forward->targets) {
        union place target = forward->target[stream->tried++ ^ (int)turned];
        int fd = stream_connect(forward, SOCK_STREAM, stream->protocol, &stream->from, target, stream->port);

        if (fd >= 0) {
            stream->inside.watch = (struct watch){.fd = fd, .act = connected};
            forward_watch(forward, &stream->inside.watch, EPOLLOUT);
            return;
        }
    }
    hang_up(forward, stream, true);
}

void stream_accept(struct forward *forward, struct watch *watch, uint32_t events)
{
    struct listener *listener = (struct listener *)watch;

    (void)events;
    for (int i = 0; i < AT_ONCE; i++) {
        union place from = {0};
        socklen_t size = sizeof from;
        int fd = accept4(watch->fd, &from.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct stream *stream = fd < 0 ? NULL : calloc(1, sizeof *stream);

        if (stream == NULL) {
            if (fd >= 0)
                close(fd);
            else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                forward->starved = true; /* they wait in the kernel */
                forward_watch(forward, watch, 0);
            }
            return;
        }
        *stream = (struct stream){.client = {.watch = {.fd = fd}, .other = &stream->inside},
                                  .inside = {.watch = {.fd = -1}, .other = &stream->client},
                                  .from = from, .port = listener->port, .protocol = listener->protocol};
        go_in(forward, stream);
    }
}

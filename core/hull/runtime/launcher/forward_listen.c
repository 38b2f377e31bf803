/* Ports of this machine: those asked for at the start, and those that come and go by the control socket. */
#include "forward.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>

enum { BACKLOG = 4096, ASKED_MOST = 256 };

static int protocol_of(const char *word)
{
    if (strcmp(word, "tcp") == 0)
        return IPPROTO_TCP;
    if (strcmp(word, "udp") == 0)
        return IPPROTO_UDP;
    if (strcmp(word, "sctp") == 0)
        return IPPROTO_SCTP;
    return -1;
}

static int kind_of(int protocol)
{
    return (protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
}

/* One more, not yet waited for; `name` is cut, it is for people and for `remove`. */
static struct listener *add(struct forward *forward, int fd, int protocol, uint16_t port, const char *name)
{
    struct listener *listener = calloc(1, sizeof *listener);

    if (listener == NULL)
        forward_fail("forward", name);
    listener->watch = (struct watch){.fd = fd, .act = protocol == IPPROTO_UDP ? packet_receive : stream_accept};
    listener->protocol = protocol;
    listener->port = port;
    snprintf(listener->name, sizeof listener->name, "%s", name);
    listener->next = forward->listeners;
    forward->listeners = listener;
    return listener;
}

void listen_start(struct forward *forward, struct listener *listener)
{
    if (listener->protocol != IPPROTO_UDP && listen(listener->watch.fd, BACKLOG) < 0)
        forward_fail("listen on", listener->name);
    if (listener->protocol == IPPROTO_UDP) { /* an answer comes from the address that was asked */
        int on = 1;

        setsockopt(listener->watch.fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
        setsockopt(listener->watch.fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    }
    forward_watch(forward, &listener->watch, EPOLLIN);
}

static void open_port(struct forward *forward, const char *spec)
{
    char word[8], address[INET6_ADDRSTRLEN + 1], name[FORWARD_NAME];
    unsigned host, inside;
    union place place;
    int on = 1, protocol, fd;

    errno = EINVAL;
    if (sscanf(spec, "%7s %46s %u %u", word, address, &host, &inside) != 4 || host > 65535 || inside > 65535 ||
        (protocol = protocol_of(word)) < 0 || !forward_place(address, (uint16_t)host, &place))
        forward_fail("understand", spec);
    snprintf(name, sizeof name, "%s %s %u", word, address, host);
    if ((fd = socket(place.any.sa_family, kind_of(protocol), protocol)) < 0)
        forward_fail("listen on", name);
    if (protocol != IPPROTO_UDP)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (place.any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, &place.any, forward_size(&place)) < 0)
        forward_fail("listen on", name);
    listen_start(forward, add(forward, fd, protocol, (uint16_t)inside, name));
}

/* `PROTOCOL ADDRESS PORT INSIDE`, semicolons between them. */
void listen_all(struct forward *forward, char *specs)
{
    for (char *rest = specs, *spec; (spec = strsep(&rest, ";")) != NULL;)
        if (*spec)
            open_port(forward, spec);
}

void listen_again(struct forward *forward)
{
    forward->starved = false;
    for (struct listener *listener = forward->listeners; listener != NULL; listener = listener->next)
        forward_watch(forward, &listener->watch, EPOLLIN);
}

static const char *remove_port(struct forward *forward, const char *name)
{
    for (struct listener **at = &forward->listeners; *at != NULL; at = &(*at)->next) {
        struct listener *listener = *at;

        if (strcmp(listener->name, name) != 0)
            continue;
        *at = listener->next;
        packet_forget(forward, listener);
        forward_close(forward, &listener->watch);
        forward_bury(forward, &listener->watch, listener);
        return "ok";
    }
    return "error: it is not published";
}

/* `add PROTOCOL INSIDE NAME…` brings a bound socket along, `remove NAME…` does not. */
static const char *obey(struct forward *forward, char *text, int passed)
{
    unsigned inside;
    char word[8];
    int at = 0, protocol;

    if (strncmp(text, "remove ", 7) == 0)
        return remove_port(forward, text + 7);
    if (sscanf(text, "add %7s %u %n", word, &inside, &at) < 2 || at == 0 || inside > 65535 || passed < 0 ||
        (protocol = protocol_of(word)) < 0)
        return "error: not understood";
    fcntl(passed, F_SETFL, O_NONBLOCK);
    listen_start(forward, add(forward, passed, protocol, (uint16_t)inside, text + at));
    return protocol == IPPROTO_TCP && forward->transparent ? "ok, the client's address is kept" : "ok";
}

static void answer(struct forward *forward, int client)
{
    char text[ASKED_MOST + 1], room[CMSG_SPACE(sizeof(int))];
    struct iovec data = {text, ASKED_MOST};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    ssize_t got = recvmsg(client, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *head = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    const char *said;
    int passed = -1;

    if (head != NULL && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
        memcpy(&passed, CMSG_DATA(head), sizeof passed);
    text[got > 0 ? got : 0] = '\0';
    said = obey(forward, text, passed);
    if (strncmp(said, "ok", 2) != 0 && passed >= 0)
        close(passed);
    send(client, said, strlen(said), MSG_NOSIGNAL);
}

/* One request a connection; who asks has all of it ready, and is one of the owner's own processes. */
static void take_request(struct forward *forward, struct watch *watch, uint32_t events)
{
    const struct timeval patience = {.tv_sec = 1};
    int client = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC);

    (void)events;
    if (client < 0)
        return;
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    answer(forward, client);
    close(client);
}

void listen_control(struct forward *forward, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    unlink(path); /* of one that was killed */
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 8) < 0)
        forward_fail("listen on", path);
    forward->control = (struct watch){.fd = fd, .act = take_request};
    forward_watch(forward, &forward->control, EPOLLIN);
}

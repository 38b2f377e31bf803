/* The forwarder: what arrives at ports of this machine goes on into a container's network namespace.
 *
 * Theory of operation. Sockets belong to the network namespace in which they were made. The process listens where it is
 * started, then enters the container's network namespace for good: accept(2) still takes from the outer one, whatever
 * it connects from then on is inside. It is root of the user namespace that owns the network namespace, so it may
 * connect under the client's own address (IP_TRANSPARENT): the answers find back because they carry the mark of the
 * connection (tcp_fwmark_accept), and a rule sends what is so marked to loopback.
 */
#ifndef FORWARD_H
#define FORWARD_H

#include "hull.h"

#include <netinet/in.h>
#include <sys/socket.h>

enum { FORWARD_MARK = 0x68756c6c, FORWARD_TABLE = 0x6875, FORWARD_BUFFER = 64 << 10, FORWARD_NAME = 64 };

union place {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct forward;

/* Something to wait for: the first member of what waits. `armed` is what epoll has been told; 0: nothing. */
struct watch {
    int fd;
    uint32_t armed;
    void (*act)(struct forward *forward, struct watch *watch, uint32_t events);
    void *block; /* what is to be freed with it */
    struct watch *dead;
};

/* One end of a connection. What it has not taken yet is in its pipe, or at `pending` from `at` on: until it has
 * taken it, nothing more is read from the other. The pipe is its own only while it holds
 * something and nothing is pending. */
struct end {
    struct watch watch;
    struct end *other;
    int pipe[2];
    char *pending;
    size_t held, at;
    bool bulk, unspliceable; /* of what comes from it */
    bool ended;              /* it has said its last word */
};

struct listener {
    struct watch watch;
    int protocol; /* IPPROTO_ */
    uint16_t port; /* the container's */
    char name[FORWARD_NAME]; /* PROTOCOL ADDRESS PORT, as it was asked */
    struct listener *next;
};

struct forward {
    int epoll, targets;
    int spare[2];            /* an empty pipe, -1 */
    union place target[2];  /* the container's own addresses, in the order in which they are tried */
    union place stranger[2]; /* whom a client on this machine's loopback seems to be: IPv4, IPv6; family 0: nobody */
    bool transparent, starved;
    struct listener *listeners;
    struct packets *packets;
    struct watch *dead;     /* closed; one of the events at hand may still name them */
    struct watch exit, control;
};

_Noreturn void forward_fail(const char *verb, const char *object);
void forward_watch(struct forward *forward, struct watch *watch, uint32_t events);
void forward_close(struct forward *forward, struct watch *watch);
void forward_bury(struct forward *forward, struct watch *watch, void *block); /* freed when no event can name it */
bool forward_place(const char *text, uint16_t port, union place *place);
socklen_t forward_size(const union place *place);

/* forward_listen.c */
void listen_all(struct forward *forward, char *specs);
void listen_start(struct forward *forward, struct listener *listener);
void listen_control(struct forward *forward, const char *path);
void listen_again(struct forward *forward); /* after descriptors ran out and one was closed */

/* forward_enter.c */
void enter_network(const char *netns); /* as root of the user namespace that owns it */
void forward_enter(struct forward *forward, const char *netns);

/* forward_move.c: false where the connection is broken */
bool move_take(struct forward *forward, struct end *from);
bool move_flush(struct forward *forward, struct end *to);
void move_drop(struct end *end);

/* forward_stream.c, forward_packet.c: what a listener has */
void stream_accept(struct forward *forward, struct watch *watch, uint32_t events);
int stream_connect(const struct forward *forward, int kind, int protocol, const union place *client, union place target,
                   uint16_t port);
void packet_receive(struct forward *forward, struct watch *watch, uint32_t events);
int packet_patience(const struct forward *forward); /* ms until packet_expire has something to do, -1 */
void packet_expire(struct forward *forward);
void packet_forget(struct forward *forward, const struct listener *listener);

#endif

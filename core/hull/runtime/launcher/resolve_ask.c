/* What is passed on: each question to one server after another, until one answers it. */
#include "resolve.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Seconds. SOON: before the client asks again; LAST: as long as clients wait, where nobody else can be asked; MOMENT, in
 * milliseconds: how late that may be seen. */
enum { SERVERS = 3, SECOND = 1000000000, SOON = 2, LAST = 5, MOMENT = 250, HEAD = 12, FAILED = 2, REFUSED = 5 };

/* One question: its own socket, whose port no one can guess, and who waits for the answer. */
struct asked {
    int fd;
    union place client;
    size_t server, tries, length;
    int64_t until;
    unsigned char message[RESOLVE_MESSAGE];
};

static struct {
    union place servers[SERVERS];
    size_t count, current; /* servers there are; the one that is asked first */
    struct asked asked[RESOLVE_ASKED];
} ask;

void ask_prepare(char *servers)
{
    for (size_t i = 0; i < RESOLVE_ASKED; i++)
        ask.asked[i].fd = -1;
    for (char *word = strtok(servers, ","); word != NULL && ask.count < SERVERS; word = strtok(NULL, ","))
        if (forward_place(word, RESOLVE_PORT, &ask.servers[ask.count]))
            ask.count++;
}

const union place *ask_server(void)
{
    return ask.count > 0 ? &ask.servers[ask.current] : NULL;
}

static void forget(struct asked *asked)
{
    close(asked->fd);
    asked->fd = -1;
}

/* The slot that is free, else that of who has waited longest. */
static struct asked *take_slot(void)
{
    struct asked *oldest = ask.asked;

    for (size_t i = 0; i < RESOLVE_ASKED; i++) {
        if (ask.asked[i].fd < 0)
            return &ask.asked[i];
        if (ask.asked[i].until < oldest->until)
            oldest = &ask.asked[i];
    }
    forget(oldest);
    return oldest;
}

static bool send_on(struct asked *asked)
{
    const union place *server = &ask.servers[asked->server];

    asked->until = channel_clock() + (int64_t)SECOND * (asked->tries < ask.count ? SOON : LAST);
    asked->fd = socket(server->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (asked->fd < 0)
        return false;
    if (connect(asked->fd, &server->any, forward_size(server)) == 0 &&
        send(asked->fd, asked->message, asked->length, 0) >= 0)
        return true;
    forget(asked);
    return false;
}

/* Each server once, until one takes the question. */
static void ask_next(struct asked *asked)
{
    while (asked->tries < ask.count) {
        asked->server = (asked->server + 1) % ask.count;
        asked->tries++;
        if (send_on(asked))
            return;
    }
}

void ask_pass_on(const unsigned char *message, size_t length, const union place *client)
{
    struct asked *asked = take_slot();

    asked->client = *client;
    asked->server = ask.current + ask.count - 1; /* the one before */
    asked->tries = 0;
    asked->length = length;
    memcpy(asked->message, message, length);
    ask_next(asked);
}

/* The server is not there: what is asked from now on begins with another one. */
static void give_up(struct asked *asked)
{
    if (asked->server == ask.current)
        ask.current = (ask.current + 1) % ask.count;
    forget(asked);
    ask_next(asked);
}

/* What one server fails at may be known to the next; the last one's failure is the answer. */
static void pass_back(struct asked *asked, int packets)
{
    unsigned char message[RESOLVE_MESSAGE];
    ssize_t got = recv(asked->fd, message, sizeof message, 0);
    int code;

    if (got < 0 && errno != EAGAIN && errno != EINTR)
        give_up(asked);
    if (got < HEAD || memcmp(message, asked->message, 2) != 0)
        return;
    code = message[3] & 15;
    if (asked->tries == ask.count || (code != FAILED && code != REFUSED)) {
        sendto(packets, message, (size_t)got, 0, &asked->client.any, forward_size(&asked->client));
        asked->tries = ask.count;
    }
    forget(asked);
    ask_next(asked);
}

int ask_watch(struct pollfd watched[RESOLVE_ASKED])
{
    int patience = -1;

    for (size_t i = 0; i < RESOLVE_ASKED; i++) {
        watched[i] = (struct pollfd){.fd = ask.asked[i].fd, .events = POLLIN};
        if (ask.asked[i].fd >= 0)
            patience = MOMENT;
    }
    return patience;
}

void ask_act(const struct pollfd watched[RESOLVE_ASKED], int packets)
{
    for (size_t i = 0; i < RESOLVE_ASKED; i++) {
        if (watched[i].revents)
            pass_back(&ask.asked[i], packets);
        else if (ask.asked[i].fd >= 0 && ask.asked[i].until < channel_clock())
            give_up(&ask.asked[i]);
    }
}

/* One stream of questions: the first one is answered here, or all are passed on whole. */
#include "resolve.h"

#include <poll.h>
#include <unistd.h>

enum { PATIENCE = 5, LENGTH = 2 };

static size_t length_of(const unsigned char *bytes)
{
    return LENGTH + ((size_t)bytes[0] << 8 | bytes[1]);
}

/* The first question, as far as it comes and may be ours to answer. */
static size_t read_first(int client, unsigned char bytes[LENGTH + RESOLVE_MESSAGE])
{
    size_t have = 0;
    ssize_t got;

    while (have < LENGTH || (have < length_of(bytes) && have < LENGTH + RESOLVE_MESSAGE)) {
        if ((got = recv(client, bytes + have, LENGTH + RESOLVE_MESSAGE - have, 0)) <= 0)
            break;
        have += (size_t)got;
    }
    return have;
}

static bool answer(int client, const unsigned char *bytes, size_t have)
{
    unsigned char message[LENGTH + RESOLVE_MESSAGE];
    size_t length = 0;

    if (have >= LENGTH && have >= length_of(bytes))
        length = resolve_answer(bytes + LENGTH, length_of(bytes) - LENGTH, message + LENGTH);
    message[0] = (unsigned char)(length >> 8);
    message[1] = (unsigned char)length;
    return length > 0 && send(client, message, LENGTH + length, MSG_NOSIGNAL) >= 0;
}

/* False: nothing more will come from there. */
static bool move(int from, int to)
{
    unsigned char bytes[RESOLVE_MESSAGE];
    ssize_t got = recv(from, bytes, sizeof bytes, 0);

    if (got > 0 && send(to, bytes, (size_t)got, MSG_NOSIGNAL) == got)
        return true;
    if (got != 0)
        _exit(0);
    shutdown(to, SHUT_WR);
    return false;
}

/* Both ways until both have ended, or nothing has come for so long. */
_Noreturn void resolve_relay(int client, const union place *server)
{
    unsigned char first[LENGTH + RESOLVE_MESSAGE];
    struct pollfd ends[2] = {{.fd = client, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
    size_t have;
    int other;

    alarm(PATIENCE); /* ends us where nobody asks, or nobody answers */
    have = read_first(client, first);
    if (answer(client, first, have) || server == NULL)
        _exit(0);
    ends[1].fd = other = socket(server->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (other < 0 || connect(other, &server->any, forward_size(server)) < 0 ||
        send(other, first, have, MSG_NOSIGNAL) != (ssize_t)have)
        _exit(EXIT_TOOL);
    alarm(0);
    while ((ends[0].fd >= 0 || ends[1].fd >= 0) && poll(ends, 2, PATIENCE * 1000) > 0)
        for (int i = 0; i < 2; i++)
            if (ends[i].revents && !move(ends[i].fd, i ? client : other))
                ends[i].fd = -1;
    _exit(0);
}

/* One stream of questions, passed on whole. */
#include "resolve.h"

#include <poll.h>
#include <unistd.h>

enum { PATIENCE = 5 };

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
    int other = socket(server->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct pollfd ends[2] = {{.fd = client, .events = POLLIN}, {.fd = other, .events = POLLIN}};

    alarm(PATIENCE); /* ends us where nobody answers */
    if (other < 0 || connect(other, &server->any, forward_size(server)) < 0)
        _exit(EXIT_TOOL);
    alarm(0);
    while ((ends[0].fd >= 0 || ends[1].fd >= 0) && poll(ends, 2, PATIENCE * 1000) > 0)
        for (int i = 0; i < 2; i++)
            if (ends[i].revents && !move(ends[i].fd, i ? client : other))
                ends[i].fd = -1;
    _exit(0);
}

/* Bytes from one end of a connection to the other: copied while they come in handfuls, spliced when they come in bulk.
 *
 * A full buffer means bulk: then pages change hands through a pipe, which an end keeps only while it holds something.
 * A short splice means handfuls again: a pipe holds few pages, however little is on each. */
#include "forward.h"

#include <stdlib.h>
#include <string.h>

enum { BULK = 1 << 20, HANDFUL = 16 << 10 };

static bool busy(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static void drop_pipe(int pipe[2])
{
    close(pipe[0]);
    close(pipe[1]);
    pipe[0] = pipe[1] = -1;
}

static void give_back(struct forward *forward, int pipe[2])
{
    if (forward->spare[0] >= 0) {
        drop_pipe(pipe);
        return;
    }
    memcpy(forward->spare, pipe, sizeof forward->spare);
    pipe[0] = pipe[1] = -1;
}

/* False: the end is gone, its pipe holds what nobody will take. */
static bool pour(struct forward *forward, struct end *to)
{
    while (to->held > 0) {
        ssize_t sent = splice(to->pipe[0], NULL, to->watch.fd, NULL, to->held, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

        if (sent <= 0)
            return sent < 0 && busy();
        to->held -= (size_t)sent;
    }
    give_back(forward, to->pipe);
    return true;
}

/* False: the end is gone. */
static bool say(struct end *to, const char *bytes, size_t size)
{
    ssize_t sent = send(to->watch.fd, bytes, size, MSG_NOSIGNAL);

    if (sent < 0 && !busy())
        return false;
    sent = sent < 0 ? 0 : sent;
    if ((size_t)sent == size)
        return true;
    to->held = size - (size_t)sent;
    to->at = 0;
    to->pending = malloc(to->held);
    return to->pending != NULL && memcpy(to->pending, bytes + sent, to->held);
}

static bool end_of(struct end *from)
{
    from->ended = true;
    return from->other->held > 0 || shutdown(from->other->watch.fd, SHUT_WR) == 0 || errno == ENOTCONN;
}

static bool take_handful(struct end *from)
{
    static char bytes[FORWARD_BUFFER] ROOMY;
    ssize_t got = recv(from->watch.fd, bytes, sizeof bytes, 0);

    if (got < 0)
        return busy();
    from->bulk = (size_t)got == sizeof bytes && !from->unspliceable;
    return got > 0 ? say(from->other, bytes, (size_t)got) : end_of(from);
}

static bool take_bulk(struct forward *forward, struct end *from)
{
    struct end *to = from->other;
    ssize_t got;

    if (forward->spare[0] < 0 && pipe2(forward->spare, O_CLOEXEC | O_NONBLOCK) < 0) {
        forward->spare[0] = forward->spare[1] = -1;
        return take_handful(from);
    }
    got = splice(from->watch.fd, NULL, forward->spare[1], NULL, BULK, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    from->unspliceable = got < 0 && errno == EINVAL;
    from->bulk = got >= HANDFUL;
    if (from->unspliceable)
        return take_handful(from);
    if (got <= 0)
        return got < 0 ? busy() : end_of(from);
    memcpy(to->pipe, forward->spare, sizeof to->pipe);
    forward->spare[0] = forward->spare[1] = -1;
    to->held = (size_t)got;
    return pour(forward, to);
}

bool move_take(struct forward *forward, struct end *from)
{
    return from->bulk ? take_bulk(forward, from) : take_handful(from);
}

bool move_flush(struct forward *forward, struct end *to)
{
    if (to->pending == NULL) {
        if (!pour(forward, to))
            return false;
    } else {
        ssize_t sent = send(to->watch.fd, to->pending + to->at, to->held, MSG_NOSIGNAL);

        if (sent < 0)
            return busy();
        to->at += (size_t)sent;
        to->held -= (size_t)sent;
        if (to->held == 0) {
            free(to->pending);
            to->pending = NULL;
        }
    }
    return to->held > 0 || !to->other->ended || shutdown(to->watch.fd, SHUT_WR) == 0 || errno == ENOTCONN;
}

void move_drop(struct end *end)
{
    if (end->pending == NULL && end->held > 0 && end->pipe[0] > 0)
        drop_pipe(end->pipe);
    free(end->pending);
    end->pending = NULL;
    end->held = 0;
}

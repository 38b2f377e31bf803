/* Who is attached. Nobody waits for them, neither the container nor its log: what a client does not take at once goes
 * to a file without a name, and a client that takes nothing for ten seconds is let go. For one that asks for it (slow)
 * the program waits, and what is left at its end is kept as long as the client is there. */
#include "monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { SPILL_MAX = 64 << 20 };

struct client *clients_add(struct monitor *m, int fd, enum role role)
{
    for (struct client *client = m->clients; client < m->clients + CLIENTS_MAX; client++)
        if (client->role == ROLE_NONE) {
            *client = (struct client){.role = role, .fd = fd, .spill = -1, .since = channel_clock()};
            return client;
        }
    close(fd);
    return NULL;
}

void clients_ask(struct client *client, const char *options)
{
    client->input = text_has(options, "stdin");
    client->once = text_has(options, "once");
    client->slows = text_has(options, "slow");
    client->blind = text_has(options, "no-stdout") && text_has(options, "no-stderr");
    client->without = text_has(options, "no-stdout") ? 'o' : text_has(options, "no-stderr") ? 'e' : '\0';
}

void clients_drop(struct client *client)
{
    if (client->role == ROLE_NONE)
        return;
    close(client->fd);
    if (client->spill >= 0)
        close(client->spill);
    client->role = ROLE_NONE;
}

/* Beside the log, on the container's own disk: the place of temporary files may be memory. */
static int open_spill(void)
{
    char here[4096];
    const char *path = status_path(), *slash = path != NULL ? strrchr(path, '/') : NULL;

    if (slash == NULL || (size_t)(slash - path) >= sizeof here)
        return -1;
    memcpy(here, path, (size_t)(slash - path));
    here[slash - path] = '\0';
    return open(here, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static void spill(struct client *client, char kind, const char *bytes, size_t length)
{
    uint32_t size = (uint32_t)length + 1;
    struct iovec vector[] = {{&size, sizeof size}, {&kind, 1}, {(void *)(uintptr_t)bytes, length}};
    ssize_t whole = (ssize_t)(sizeof size + size);

    if (client->spill < 0) {
        client->spill = open_spill();
        client->spilled = client->sent = 0;
    }
    if (client->spill < 0 || client->spilled - client->sent + whole > SPILL_MAX ||
        pwritev(client->spill, vector, 3, client->spilled) != whole)
        clients_drop(client); /* it sees an end without a code: better than a gap */
    else
        client->spilled += whole;
}

/* At most PACKET_MAX bytes. */
void clients_tell(struct client *client, char kind, const char *bytes, size_t length)
{
    struct iovec vector[] = {{&kind, 1}, {(void *)(uintptr_t)bytes, length}};
    struct msghdr header = {.msg_iov = vector, .msg_iovlen = 2};

    if (client->spill >= 0) {
        spill(client, kind, bytes, length);
    } else if (sendmsg(client->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
        client->since = channel_clock();
    } else if (errno == EAGAIN || errno == ENOBUFS) {
        spill(client, kind, bytes, length);
    } else {
        clients_drop(client);
    }
}

/* The last packet: the end's code. */
void clients_end(struct client *client, int code)
{
    const char *text = text_decimal((unsigned)code);

    clients_tell(client, 'x', text, strlen(text));
}

/* Who was connected before the monitor was there: no byte of the first run is lost to them. */
void clients_begin(struct monitor *m)
{
    EACH_OF(op, m->plan, W_CLIENT) {
        struct client *client;
        int fd;

        fail_at(op);
        if (strncmp(op->arg[0], "/proc/self/fd/", 14) != 0)
            fail(EXIT_TOOL, EINVAL, "attach", op->arg[0], "it is no inherited descriptor");
        fd = (int)text_must_number(op->arg[0] + 14, 1 << 20, "it is no descriptor");
        MUST(fcntl(fd, F_SETFD, FD_CLOEXEC), "attach", op->arg[0]);
        if ((client = clients_add(m, fd, ROLE_ATTACHED)) == NULL)
            fail(EXIT_TOOL, EMFILE, "attach", op->arg[0], "too many are");
        clients_ask(client, op->arg[1]);
    }
    fail_at(NULL);
}

/* The container may go on with another run: who stays for one has seen it. */
void clients_run_over(struct monitor *m)
{
    for (struct client *client = m->clients; client < m->clients + CLIENTS_MAX; client++)
        if (client->role == ROLE_ATTACHED && client->once) {
            client->role = ROLE_LEFT;
            client->input = false;
            clients_end(client, m->code);
        }
}

bool clients_slow(const struct monitor *m)
{
    for (const struct client *client = m->clients; client < m->clients + CLIENTS_MAX; client++)
        if (client->role == ROLE_ATTACHED && client->slows && client->spill >= 0)
            return true;
    return false;
}

void clients_broadcast(struct monitor *m, char kind, const char *bytes, size_t length)
{
    for (struct client *client = m->clients; client < m->clients + CLIENTS_MAX; client++)
        for (size_t at = 0; client->role == ROLE_ATTACHED && !client->blind && client->without != kind && at < length;
             at += PACKET_MAX)
            clients_tell(client, kind, bytes + at, length - at < PACKET_MAX ? length - at : PACKET_MAX);
}

/* Send on what was put aside, as far as it is taken. */
void clients_flush(struct client *client)
{
    static char packet[PACKET_MAX + 1] ROOMY;
    uint32_t size;

    while (client->role != ROLE_NONE && client->spill >= 0) {
        if (client->sent == client->spilled) {
            close(client->spill);
            client->spill = -1;
            return;
        }
        if (pread(client->spill, &size, sizeof size, client->sent) != (ssize_t)sizeof size || size > sizeof packet ||
            pread(client->spill, packet, size, client->sent + (off_t)sizeof size) != (ssize_t)size) {
            clients_drop(client);
            return;
        }
        if (send(client->fd, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            if (errno != EAGAIN && errno != ENOBUFS)
                clients_drop(client);
            return;
        }
        client->sent += (off_t)(sizeof size + size);
        client->since = channel_clock();
    }
}

/* Let go of those whose time is over; when the next one's is, 0: there is none. */
int64_t clients_expire(struct monitor *m, int64_t now)
{
    int64_t next = 0;

    for (struct client *client = m->clients; client < m->clients + CLIENTS_MAX; client++) {
        int64_t end = client->since + (int64_t)PATIENCE_MS * 1000000;

        if (client->role == ROLE_NONE || (client->role != ROLE_NEW && client->spill < 0) || client->slows)
            continue;
        if (end <= now)
            clients_drop(client);
        else if (next == 0 || end < next)
            next = end;
    }
    return next;
}

/* Who may take as long as they like go on with a process that holds nothing else: the monitor's end is the
 * container's, and is waited for. */
static void part(struct monitor *m)
{
    int kept[2 * CLIENTS_MAX];
    size_t count = 0;
    sigset_t none;
    pid_t child;

    for (struct client *client = m->clients; client < m->clients + CLIENTS_MAX; client++)
        if (client->role != ROLE_NONE && client->slows && client->spill >= 0) {
            kept[count++] = client->fd;
            kept[count++] = client->spill;
        }
    if (count == 0)
        return;
    close(m->hold); /* all is told: the container's next start must not find the lock in the child's hands */
    m->hold = -1;
    child = fork();
    for (struct client *client = m->clients; client < m->clients + CLIENTS_MAX; client++)
        if ((client->role != ROLE_NONE && client->slows && client->spill >= 0) != (child == 0))
            clients_drop(client);
    if (child == 0 && (sigemptyset(&none) < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0 ||
                       sys_close_others(kept, count) < 0))
        _exit(EXIT_TOOL);
}

/* The container is over: whoever still reads gets the rest. */
void clients_farewell(struct monitor *m)
{
    part(m);
    for (;;) {
        struct pollfd events[CLIENTS_MAX];
        struct client *who[CLIENTS_MAX];
        nfds_t count = 0;
        int64_t next = clients_expire(m, channel_clock());

        for (struct client *client = m->clients; client < m->clients + CLIENTS_MAX; client++)
            if (client->role != ROLE_NONE && client->spill >= 0) {
                who[count] = client;
                events[count++] = (struct pollfd){.fd = client->fd, .events = POLLOUT};
            }
        if (count == 0)
            return;
        if (next != 0 && (next -= channel_clock()) <= 0)
            continue;
        poll(events, count, next != 0 ? (int)(next / 1000000) + 1 : -1);
        for (nfds_t i = 0; i < count; i++)
            if (events[i].revents)
                clients_flush(who[i]);
    }
}

/* What may be asked of the monitor: one request a connection, from the container's owner or root alone. */
#include "monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A path longer than an address is reached through a descriptor of its directory: the result, -1 where none is needed,
 * stays open until the address was used. */
int control_address(const char *path, struct sockaddr_un *address)
{
    const char *slash = strrchr(path, '/');
    char directory[4096];
    int fd;

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) < sizeof address->sun_path) {
        strcpy(address->sun_path, path);
        return -1;
    }
    if (slash == NULL || (size_t)(slash - path) >= sizeof directory)
        fail(EXIT_TOOL, ENAMETOOLONG, "use the socket", path, NULL);
    memcpy(directory, path, (size_t)(slash - path));
    directory[slash - path] = '\0';
    fd = MUST(open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC), "open", directory);
    snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%.64s", fd, slash + 1);
    return fd;
}

void control_listen(struct monitor *m, const char *path)
{
    struct sockaddr_un address;
    int directory = control_address(path, &address), fd;

    fd = MUST(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "open", "a socket");
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        fail(EXIT_TOOL, EADDRINUSE, "listen on", path, "the container has a monitor already");
    if (unlink(address.sun_path) < 0 && errno != ENOENT) /* a monitor's that was killed */
        fail_errno("remove", path);
    MUST(bind(fd, (struct sockaddr *)&address, sizeof address), "bind the socket", path);
    MUST(listen(fd, CLIENTS_MAX), "listen on", path);
    if (directory >= 0)
        close(directory);
    m->listener = fd;
}

void control_close(struct monitor *m)
{
    unlink(plan_find(m->plan, W_MONITOR)->arg[0]);
    close(m->listener);
    m->listener = -1;
}

void control_accept(struct monitor *m)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    int fd;

    while ((fd = accept4(m->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || (peer.uid != geteuid() && peer.uid != 0))
            close(fd);
        else
            clients_add(m, fd, ROLE_NEW);
    }
}

static void answer(struct client *client, const char *text)
{
    if (client->role != ROLE_NONE && send(client->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
        client->since = channel_clock();
    clients_drop(client);
}

static void attach(struct monitor *m, struct client *client, const char *options)
{
    client->role = ROLE_ATTACHED;
    clients_ask(client, options != NULL ? options : "");
    if (options != NULL && text_has(options, "mode"))
        clients_tell(client, 'm', plan_is_pty(m->plan) ? "tty" : "pipes", plan_is_pty(m->plan) ? 3 : 5);
}

static void stop(struct monitor *m, struct client *client, const char *signal, const char *ms, const char *keep)
{
    unsigned long long number, grace = 0;
    bool for_ever = ms != NULL && strcmp(ms, "-1") == 0;

    if (signal == NULL || !text_number(signal, NSIG - 1, &number) || number == 0 || ms == NULL ||
        (!for_ever && !text_number(ms, INT32_MAX, &grace))) {
        answer(client, "error it is not a signal and a number of milliseconds");
        return;
    }
    client->role = ROLE_STOPPER;
    m->keeps = keep != NULL && strcmp(keep, "keep") == 0;
    monitor_stop(m, (int)number, for_ever ? -1 : (int64_t)grace);
}

static void send_signal(struct monitor *m, struct client *client, const char *signal, const char *last)
{
    unsigned long long number;

    if (signal == NULL || !text_number(signal, NSIG - 1, &number) || number == 0 || last == NULL) {
        answer(client, "error it is not a signal");
        return;
    }
    if (*last == '1')
        m->stopping = true;
    if (m->phase == PHASE_WAITING) {
        answer(client, "error the container is not running");
        m->phase = m->stopping ? PHASE_OVER : m->phase;
        return;
    }
    if (m->stopping && ((int)number == SIGKILL || (int)number == m->stop_signal))
        status_tell("\"event\":\"stopping\",\"signal\":%d", (int)number);
    monitor_signal(m, (int)number);
    answer(client, "ok");
}

static void tell_state(struct monitor *m, struct client *client)
{
    char text[REQUEST_MAX];
    int attached = 0;

    for (size_t i = 0; i < CLIENTS_MAX; i++)
        attached += m->clients[i].role == ROLE_ATTACHED;
    snprintf(text, sizeof text,
             "{\"monitor\":%d,\"launcher\":%d,\"init\":%d,\"restarts\":%llu,\"policy\":\"%s\",\"most\":%llu,"
             "\"health\":\"%s\",\"failing\":%llu,\"stopping\":%s,\"attached\":%d,\"lost\":%llu}",
             (int)getpid(), (int)m->runner, (int)m->init_pid, m->restarts, restart_word(m), m->most,
             m->health.asked ? m->health.status : "", m->health.failing, m->stopping ? "true" : "false",
             attached, record_lost());
    answer(client, text);
}

static void follow(struct monitor *m, struct client *client, char *request)
{
    char *rest, *verb = strtok_r(request, " ", &rest), *first = strtok_r(NULL, " ", &rest),
                *second = strtok_r(NULL, " ", &rest);

    if (verb == NULL)
        answer(client, "error nothing was asked");
    else if (strcmp(verb, "attach") == 0)
        attach(m, client, first);
    else if (strcmp(verb, "stop") == 0)
        stop(m, client, first, second, strtok_r(NULL, " ", &rest));
    else if (strcmp(verb, "signal") == 0)
        send_signal(m, client, first, second);
    else if (strcmp(verb, "update") == 0)
        answer(client, restart_policy(m, first, second) ? "ok" : "error it is not a restart policy");
    else if (strcmp(verb, "pause") == 0 || strcmp(verb, "unpause") == 0) {
        m->health.paused = *verb == 'p';
        answer(client, "ok");
    } else if (strcmp(verb, "resize") == 0) {
        char text[32];

        snprintf(text, sizeof text, "%.8s %.8s", first != NULL ? first : "", second != NULL ? second : "");
        answer(client, input_resize(m, text) ? "ok" : "error it is not a size");
    } else if (strcmp(verb, "state") == 0)
        tell_state(m, client);
    else if (strcmp(verb, "health") != 0)
        answer(client, "error there is no such request");
    else if (!m->health.asked || m->executed == 0 || m->phase != PHASE_RUNNING)
        answer(client, m->health.asked ? "error the container is not running" : "error it has no health check");
    else {
        client->role = ROLE_PROBER;
        m->health.wanted = true;
    }
}

static bool starts(const struct monitor *m, const struct client *client)
{
    return m->executed == 0 && !m->spoke && m->restarts == 0 && client == m->clients && m->phase == PHASE_RUNNING &&
           (client->role == ROLE_STARTER || client->role == ROLE_ATTACHED);
}

static void leave(struct monitor *m, struct client *client)
{
    if (starts(m, client)) {
        m->stopping = true; /* whoever started it was killed before it knew: nothing is left behind */
        kill(m->runner, SIGKILL);
    }
    clients_drop(client);
}

/* Whoever went with something unread has the kernel say so first, once; what they sent before comes after. */
static ssize_t take(const struct client *client, char *bytes, size_t size, int flags)
{
    ssize_t got = recv(client->fd, bytes, size, MSG_DONTWAIT | flags);

    return got < 0 && errno == ECONNRESET ? recv(client->fd, bytes, size, MSG_DONTWAIT | flags) : got;
}

/* It has gone, and the program has yet to take what others, or it, sent before: its last words wait as any. */
void control_hung(struct monitor *m, struct client *client)
{
    char first;

    if (!starts(m, client) && take(client, &first, 1, MSG_PEEK) > 0)
        client->hung = true;
    else
        leave(m, client);
}

void control_read(struct monitor *m, struct client *client)
{
    static char packet[PACKET_MAX + 2] ROOMY;
    ssize_t got = take(client, packet, sizeof packet - 1, 0);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        leave(m, client);
        return;
    }
    packet[got] = '\0';
    if (client->role == ROLE_NEW)
        follow(m, client, packet);
    else if (client->role == ROLE_ATTACHED || client->role == ROLE_STARTER)
        input_packet(m, client, packet, (size_t)got);
}

/* One run of a detached container: a launcher like the foreground's, whose streams the monitor holds. */
#include "monitor.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

static void put(int fd, int place)
{
    MUST(dup2(fd, place), "use", "a stream");
}

static void become_launcher(struct monitor *m, int leash, const int ends[3], pid_t monitor)
{
    MUST(prctl(PR_SET_PDEATHSIG, SIGKILL), "bind our life to", "the monitor's");
    if (getppid() != monitor)
        _exit(EXIT_TOOL);
    close(m->hold);
    prctl(PR_SET_NAME, "hull-launch");
    for (int place = 0; place < 3; place++)
        if (ends[place] >= 0)
            put(ends[place], place);
    m->launch->leash = leash;
    m->launch->monitor = monitor;
}

static int nonblocking(int fd)
{
    return MUST(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0 ? -1 : fd, "prepare", "a stream");
}

/* ends: the program's; where it has a terminal of its own, that comes later. */
static void make_streams(struct monitor *m, int ends[3])
{
    int pair[2];

    ends[0] = ends[1] = ends[2] = m->stdin_pipe = m->pty = -1;
    if (plan_is_pty(m->plan))
        return;
    if (plan_find(m->plan, W_INPUT) != NULL && !m->input_closes) {
        MUST(pipe2(pair, O_CLOEXEC), "make", "a pipe");
        ends[0] = pair[0];
        m->stdin_pipe = nonblocking(pair[1]);
    }
    for (int i = 0; i < 2; i++) {
        MUST(pipe2(pair, O_CLOEXEC), "make", "a pipe");
        m->streams[i].fd = nonblocking(pair[0]);
        ends[i + 1] = pair[1];
    }
}

bool run_start(struct monitor *m)
{
    int leash[2], ends[3];
    pid_t monitor = getpid();

    status_shorten(m->code, m->restarts);
    make_streams(m, ends);
    channel_make(leash);
    m->init = -1;
    m->init_pid = 0;
    m->executed = 0;
    m->ended = m->oom = m->failed = false;
    m->killed_by = m->code = 0;
    m->kill_at = 0;
    m->oom_before = cgroup_killed(m->plan);
    m->runner = MUST(fork(), "start", "the run's launcher");
    if (m->runner == 0) {
        become_launcher(m, leash[1], ends, monitor);
        return true;
    }
    close(leash[1]);
    for (int i = 0; i < 3; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    m->leash = leash[0];
    m->phase = PHASE_RUNNING;
    return false;
}

static void take_pty(struct monitor *m, int master)
{
    m->pty = m->streams[0].fd = nonblocking(master);
    for (struct client *client = m->clients; client < m->clients + CLIENTS_MAX; client++) {
        struct pollfd event = {.fd = client->fd, .events = POLLIN};

        while (client->role == ROLE_ATTACHED && !input_waits(m) && poll(&event, 1, 0) > 0)
            control_read(m, client); /* the size is among the first things they said */
    }
    input_size(m);
    channel_send(m->leash, NOTE_GO, 0, -1);
}

static void take_executed(struct monitor *m)
{
    struct client *starter = m->clients;

    m->executed = m->settle_at = channel_clock();
    events_began(m->executed);
    fail_speak(-1);
    health_begin(m);
    if (starter->role == ROLE_STARTER) {
        clients_end(starter, 0);
        clients_drop(starter);
    }
}

/* Everything that the run's launcher has said. */
void run_take(struct monitor *m)
{
    struct pollfd event = {.fd = m->leash, .events = POLLIN};
    struct message message = {0};
    int passed;

    while (m->leash >= 0 && poll(&event, 1, 0) > 0) {
        if (!channel_try_receive(m->leash, &message, &passed)) {
            close(m->leash);
            m->leash = -1;
        } else if (message.note == NOTE_READY) {
            m->init = passed;
            m->init_pid = message.value;
        } else if (message.note == NOTE_INSIDE) {
            if (m->launch->inside > 0)
                close(m->launch->inside);
            m->launch->inside = passed;
        } else if (message.note == NOTE_PTY) {
            take_pty(m, passed);
        } else if (message.note == NOTE_EXECUTED) {
            take_executed(m);
        } else if (message.note == NOTE_ENDED) {
            m->ended = true;
            m->code = message.value & 255;
            m->killed_by = message.value >> 8;
        }
    }
}

void run_read(struct monitor *m, struct stream *stream)
{
    ssize_t got = read(stream->fd, stream->bytes + stream->used, STREAM_ROOM - stream->used);

    if (got > 0) {
        m->spoke |= stream->kind == 'o';
        clients_broadcast(m, stream->kind, stream->bytes + stream->used, (size_t)got);
        stream->used += (size_t)got;
        record_take(stream, false);
        return;
    }
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (stream->fd != m->pty)
        close(stream->fd);
    stream->fd = -1; /* of a pty EIO: its last slave is closed */
}

/* Whoever wrote is dead: what is in the pipes is all there will be. A pty's last bytes take a moment, then it hangs up. */
static void drain(struct monitor *m)
{
    int moment = m->pty >= 0 ? 1000 : 0;

    for (struct stream *stream = m->streams; stream < m->streams + 2; stream++) {
        struct pollfd event = {.fd = stream->fd, .events = POLLIN};

        while (stream->fd >= 0 && poll(&event, 1, moment) > 0)
            run_read(m, stream);
        record_take(stream, true);
        if (stream->fd >= 0 && stream->fd != m->pty)
            close(stream->fd);
        stream->fd = -1;
    }
    record_flush();
    if (m->pty >= 0)
        close(m->pty);
    if (m->stdin_pipe >= 0)
        close(m->stdin_pipe);
    m->pty = m->stdin_pipe = -1;
}

static void judge(struct monitor *m, int status)
{
    bool told = WIFEXITED(status) && !m->ended && m->executed == 0; /* a failed start: its launcher has said so */

    if (told) {
        m->code = WEXITSTATUS(status);
        m->failed = true;
        return;
    }
    if (!m->ended) {
        m->code = 128 + SIGKILL;
        m->killed_by = SIGKILL;
    }
    m->failed = m->executed == 0;
    m->oom = cgroup_killed(m->plan) > m->oom_before;
    status_exit(m->code, m->killed_by, m->oom);
    events_died(m->code, m->oom);
}

/* The launcher is gone; its container with it, in a moment. */
void run_over(struct monitor *m, int status)
{
    struct pollfd event = {.fd = m->init, .events = POLLIN};

    m->runner = 0;
    run_take(m);
    if (m->init >= 0) {
        poll(&event, 1, PATIENCE_MS);
        close(m->init);
        m->init = -1;
    }
    m->init_pid = 0;
    health_end(m);
    drain(m);
    judge(m, status);
    clients_run_over(m);
    restart_decide(m);
}

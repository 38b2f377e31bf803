/* The monitor: what stays beside a detached container, and as long as it only.
 *
 * Theory of operation. The process that was started forks twice and waits at the other end of a socket pair until it
 * hears that the program runs, or why not; where it attaches, until the container's end. The monitor, in a session of
 * its own, forks a launcher for every run. That launcher walks the plan as it would in the foreground and dies with the
 * monitor, the container with it. Nothing here waits for anybody but poll.
 */
#include "monitor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

static const int64_t IDLE = 1000000000; /* ns */

bool monitor_asked(const struct plan *plan)
{
    return plan_find(plan, W_MONITOR) != NULL || plan_find(plan, W_ATTACH) != NULL;
}

static char input[PACKET_MAX] ROOMY, bytes[3][STREAM_ROOM] ROOMY;

static void prepare(struct monitor *m, struct launch *launch, int starter, int hold)
{
    const struct op *attach = plan_find(launch->plan, W_ATTACH);
    struct client *client = clients_add(m, starter, attach != NULL ? ROLE_ATTACHED : ROLE_STARTER);
    sigset_t all;

    m->launch = launch;
    m->plan = launch->plan;
    m->leash = m->init = m->pty = m->stdin_pipe = -1;
    m->hold = hold;
    m->input = input;
    m->streams[0] = (struct stream){.fd = -1, .kind = 'o', .name = "stdout", .bytes = bytes[0]};
    m->streams[1] = (struct stream){.fd = -1, .kind = 'e', .name = "stderr", .bytes = bytes[1]};
    m->health.output.bytes = bytes[2];
    clients_ask(client, attach != NULL ? attach->arg[1] : "");
    clients_begin(m);
    launch->inside = -1;
    restart_parse(m);
    health_parse(m);
    status_open(m->plan);
    record_open(m->plan);
    fail_at(plan_find(m->plan, W_MONITOR));
    control_listen(m, plan_find(m->plan, W_MONITOR)->arg[0]);
    fail_at(NULL);
    sigfillset(&all);
    MUST(sigprocmask(SIG_SETMASK, &all, NULL), "block", "the signals");
    m->signals = MUST(signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC), "listen to", "signals");
    status_monitor();
}

/* Before the program runs only its launcher can be told, and only to give up. */
void monitor_signal(struct monitor *m, int signal)
{
    if (m->init >= 0 && (m->executed != 0 || signal == SIGKILL))
        sys_pidfd_send_signal(m->init, signal);
    else if (m->runner > 0)
        kill(m->runner, signal);
}

void monitor_stop(struct monitor *m, int signal, int64_t ms)
{
    int64_t end = channel_clock() + ms * 1000000;

    m->stopping = true;
    status_tell("\"event\":\"stopping\",\"signal\":%d", signal);
    if (m->phase != PHASE_RUNNING) {
        m->phase = PHASE_OVER;
        return;
    }
    monitor_signal(m, signal);
    monitor_signal(m, SIGCONT);
    if (ms >= 0 && (m->kill_at == 0 || end < m->kill_at))
        m->kill_at = end;
}

static _Noreturn void end(struct monitor *m)
{
    health_end(m);
    control_close(m);
    cgroup_finish(m->plan);
    if (!m->keeps)
        finish_remove(m->launch);
    status_tell("\"event\":\"ended\"");
    for (struct client *client = m->clients; client < m->clients + CLIENTS_MAX; client++)
        if (client->role == ROLE_STARTER || client->role == ROLE_ATTACHED || client->role == ROLE_STOPPER)
            clients_end(client, m->code);
    clients_farewell(m);
    _exit(0);
}

static void read_signals(struct monitor *m)
{
    struct signalfd_siginfo info;
    int status;
    pid_t pid;

    while (read(m->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT || info.ssi_signo == SIGHUP)
            monitor_stop(m, m->stop_signal, m->stop_ms);
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == m->runner)
            run_over(m, status);
        else if (pid == m->health.probe)
            probe_over(m, status);
    }
}

/* Nothing was to be done for a while: what was needed for it is not needed now. */
static void settle(struct monitor *m)
{
    m->settle_at = 0;
    record_settle();
    for (struct stream *stream = m->streams; stream < m->streams + 2; stream++)
        settle_room(stream->bytes + stream->used, STREAM_ROOM - stream->used);
    if (m->input_at == m->input_end)
        settle_room(m->input, PACKET_MAX);
    settle_stack();
}

static int soonest(struct monitor *m, int64_t now)
{
    int64_t times[] = {m->kill_at, health_next(m), m->phase == PHASE_WAITING ? m->due : 0, clients_expire(m, now),
                       m->settle_at};
    int64_t next = INT64_MAX;

    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (times[i] != 0 && times[i] < next)
            next = times[i];
    if (next == INT64_MAX)
        return -1;
    if (next <= now)
        return 0;
    return next - now > 3600000000000LL ? 3600000 : (int)((next - now) / 1000000) + 1;
}

static void read_clients(struct monitor *m, const struct pollfd *events)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        struct client *client = &m->clients[i];

        if (events[i].revents & POLLOUT)
            clients_flush(client);
        if (client->role == ROLE_NONE || client->fd != events[i].fd || !(events[i].revents & (POLLIN | POLLHUP | POLLERR)))
            continue;
        if (!client->input || !input_waits(m))
            control_read(m, client);
        else if (events[i].revents & (POLLHUP | POLLERR))
            control_hung(m, client);
    }
}

static void wait_once(struct monitor *m)
{
    bool slow = clients_slow(m), types = m->input_at < m->input_end && input_target(m) >= 0;
    struct pollfd events[POLLS_MAX] = {
        {m->signals, POLLIN, 0},        {m->listener, POLLIN, 0},
        {m->leash, POLLIN, 0},          {slow ? -1 : m->streams[0].fd, POLLIN, 0},
        {slow ? -1 : m->streams[1].fd, POLLIN, 0},  {types ? input_target(m) : -1, POLLOUT, 0},
        {m->health.leash, POLLIN, 0},   {m->health.output.fd, POLLIN, 0},
    };
    enum { FIRST_CLIENT = 8 };
    int64_t now = channel_clock();
    int found;

    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        const struct client *client = &m->clients[i];
        bool deaf = client->input && input_waits(m);

        events[FIRST_CLIENT + i] =
            (struct pollfd){client->role == ROLE_NONE || (client->hung && deaf) ? -1 : client->fd,
                            (short)((deaf ? 0 : POLLIN) | (client->spill >= 0 ? POLLOUT : 0)), 0};
    }
    if ((found = poll(events, POLLS_MAX, soonest(m, now))) < 0 && errno != EINTR)
        fail_errno("wait for", "the container");
    if (found > 0)
        m->settle_at = now + IDLE;
    if (events[2].revents)
        run_take(m);
    for (int i = 0; i < 2; i++)
        if (events[3 + i].revents && m->streams[i].fd == events[3 + i].fd)
            run_read(m, &m->streams[i]);
    if (events[5].revents)
        input_write(m);
    if (events[6].revents)
        probe_take(m);
    if (events[7].revents)
        probe_read(m);
    read_clients(m, events + FIRST_CLIENT);
    if (events[1].revents)
        control_accept(m);
    record_flush();
    read_signals(m);
}

/* True: this is a new launcher. */
static bool act(struct monitor *m)
{
    int64_t now = channel_clock(), health = health_next(m);

    if (m->phase == PHASE_WAITING && m->due <= now)
        return run_start(m);
    if (m->settle_at != 0 && m->settle_at <= now)
        settle(m);
    if (m->kill_at != 0 && m->kill_at <= now) {
        m->kill_at = 0;
        monitor_signal(m, SIGKILL);
    }
    if (health == 0 || health > now)
        return false;
    if (m->health.probe > 0) {
        probe_kill(m);
        return false;
    }
    return probe_start(m);
}

/* Comes back in the launcher of a run, and in that of a probe: they walk their plan. */
void monitor_enter(struct launch *launch)
{
    static struct monitor monitor;
    int pair[2], hold;
    pid_t child;

    if (plan_find(launch->plan, W_MONITOR) == NULL)
        client_run(client_connect(plan_find(launch->plan, W_ATTACH)->arg[0]), launch->plan);
    hold = detach_hold(launch->plan);
    channel_make(pair);
    client_size(pair[0]);
    if ((child = MUST(fork(), "start", "the monitor")) != 0) {
        close(pair[1]);
        close(hold);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            continue;
        client_run(pair[0], launch->plan);
    }
    MUST(setsid(), "make", "a session");
    if (MUST(fork(), "start", "the monitor") != 0)
        _exit(0);
    fail_speak(pair[1]);
    detach_from_caller(launch->plan, pair[1], hold);
    prepare(&monitor, launch, pair[1], hold);
    while (!act(&monitor)) {
        if (monitor.phase == PHASE_OVER)
            end(&monitor);
        wait_once(&monitor);
    }
}

/* The launcher waits: for signals, for the child's words, for helpers, for the end. */
#include "hull.h"

#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

static void read_channel(struct launch *launch);
static void go_on(struct launch *launch);

static void abort_start(struct launch *launch, int signal)
{
    launch->aborted_by = signal;
    kill(launch->child, SIGKILL);
}

static void forward(struct launch *launch, int signal)
{
    bool ends = signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT;

    if (!launch->going) { /* the program may have begun before we could hear of it */
        read_channel(launch);
        go_on(launch);
    }
    if (!launch->going && ends)
        abort_start(launch, signal);
    else if (!launch->going)
        return; /* no program to tell yet, and the child waits for one word of ours: xonsh sends SIGCONT this early */
    else if (!launch->direct && launch->channel >= 0) /* closed: the program is over, the child not yet reaped */
        channel_send(launch->channel, NOTE_SIGNAL, signal, -1);
    else if (launch->direct && launch->child > 0)
        kill(launch->child, signal);
}

/* What the terminal sends reaches the program by itself as long as it shares our group. */
static void take_signal(struct launch *launch, const struct signalfd_siginfo *info)
{
    int signal = (int)info->ssi_signo;
    bool by_terminal = info->ssi_code > 0;

    if (signal == SIGCONT)
        launch->continued = channel_clock();
    if (signal == SIGWINCH && launch->terminal == TERMINAL_PTY)
        pty_resize(launch);
    if (signal == SIGINT && by_terminal)
        launch->terminal_interrupt = true;
    if (signal == SIGCHLD || signal == SIGWINCH || signal == SIGPIPE)
        return;
    if (!by_terminal || launch->terminal != TERMINAL_INHERIT || !launch->going)
        forward(launch, signal);
}

static void read_signals(struct launch *launch)
{
    struct signalfd_siginfo info;

    while (read(launch->signals, &info, sizeof info) == (ssize_t)sizeof info)
        take_signal(launch, &info);
}

static void take_message(struct launch *launch, const struct message *message, int passed)
{
    switch (message->note) {
    case NOTE_FAILED:
        launch->failed = true;
        launch->code = message->failure.code;
        if (launch->aborted_by == 0)
            fail_tell(&message->failure);
        break;
    case NOTE_WARNING: fail_warn(message->failure.text); break;
    case NOTE_READY:
        if (!launch->stands) /* said before there was a program; who could speak for init later is not believed */
            launch->space = (unsigned)message->value;
        launch->stands = true;
        status_ready(launch->child);
        leash_ready(launch);
        break;
    case NOTE_FUSE:
        helpers_start(launch, passed);
        close(passed);
        break;
    case NOTE_PTY:
        if (launch->leash != 0)
            leash_pty(launch, passed);
        else
            pty_start(launch, passed);
        break;
    case NOTE_STOPPED:
        read_signals(launch); /* we may have been continued since */
        terminal_stopped(launch, message->value, message->when);
        break;
    case NOTE_CONTINUED: status_event("continued"); break;
    case NOTE_KILLED: launch->killed_by = message->value; break;
    case NOTE_ASK:
        read_signals(launch);
        channel_send(launch->channel, NOTE_ALONE, message->value, -1);
        break;
    default: break;
    }
}

/* Until nothing is left to read; the channel closes where the child becomes the program. */
static void read_channel(struct launch *launch)
{
    struct pollfd event = {.fd = launch->channel, .events = POLLIN};
    struct message message = {0};
    int passed;

    while (launch->channel >= 0 && poll(&event, 1, 0) > 0) {
        if (channel_try_receive(launch->channel, &message, &passed)) {
            take_message(launch, &message, passed);
        } else {
            close(launch->channel);
            launch->channel = -1;
        }
    }
}

/* A byte, then the end of file: the program was executed, unless a failure was told in between. */
static void read_progress(struct launch *launch)
{
    char byte;
    ssize_t got = read(launch->progress, &byte, 1);

    if (got > 0) {
        launch->executing = true;
        return;
    }
    close(launch->progress);
    launch->progress = -1;
    read_channel(launch);
    if (launch->executing && !launch->failed) {
        launch->executed = true;
        status_event("exec");
        events_started();
        if (launch->announce > 0) {
            if (write(launch->announce, "\n", 1) < 0)
                fail_warn("cannot say on standard output that the container stands");
            close(launch->announce);
            launch->announce = 0;
        }
        leash_executed(launch); /* last: the monitor goes on from here */
    }
}

/* A probe's monitor must know its first process before there is a program: to end all of it begins there. */
bool supervise_holds(const struct launch *launch)
{
    bool is_probe = launch->leash != 0 && plan_find(launch->plan, W_JOIN) != NULL;

    return launch->helper_count > 0 || launch->terminal != TERMINAL_INHERIT || is_probe;
}

static void go_on(struct launch *launch)
{
    if (launch->going || !launch->stands || !helpers_ready(launch))
        return;
    launch->going = true;
    if (supervise_holds(launch)) {
        launch->foreground_given = terminal_is_ours(launch);
        channel_send(launch->channel, NOTE_GO, launch->foreground_given, -1);
    }
}

static void read_last(struct launch *launch)
{
    if (launch->channel >= 0)
        read_channel(launch);
    while (launch->progress >= 0) /* the byte and the end: one that ends at once was executed, too */
        read_progress(launch);
}

/* The child's end, or its stops where it is the program itself. True: it ended. */
static bool reap(struct launch *launch)
{
    int status, changes = launch->direct ? WSTOPPED | WCONTINUED : 0;
    siginfo_t found = {0};

    if (waitid(P_PID, (id_t)launch->child, &found, WEXITED | WNOHANG | WNOWAIT | changes) < 0 || found.si_pid == 0)
        return false;
    if (found.si_code != CLD_STOPPED && found.si_code != CLD_CONTINUED)
        read_last(launch); /* they name it: it keeps its number until they are read */
    if (waitpid(launch->child, &status, WNOHANG | changes) <= 0)
        return false;
    if (WIFSTOPPED(status)) {
        terminal_stopped(launch, WSTOPSIG(status), channel_clock());
        return false;
    }
    if (WIFCONTINUED(status)) {
        status_event("continued");
        return false;
    }
    launch->child = 0;
    if (!launch->failed)
        launch->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (WIFSIGNALED(status))
        launch->killed_by = WTERMSIG(status);
    return true;
}

static void wait_once(struct launch *launch)
{
    struct pollfd events[3 + 2 * HELPERS_MAX + PTY_EVENTS] = {
        {.fd = launch->signals, .events = POLLIN},
        {.fd = launch->channel, .events = POLLIN},
        {.fd = launch->progress, .events = POLLIN},
    };
    nfds_t count = 3, relays;

    for (size_t i = 0; i < launch->helper_count; i++) {
        events[count++] = (struct pollfd){.fd = launch->helpers[i].log, .events = POLLIN};
        events[count++] = (struct pollfd){.fd = launch->helpers[i].ready, .events = POLLIN};
    }
    relays = count;
    if (launch->terminal == TERMINAL_PTY)
        count += (nfds_t)pty_poll(launch, events + count);
    if (poll(events, count, -1) < 0 && errno != EINTR)
        fail_errno("wait for", "the container");
    read_signals(launch); /* even if poll saw none: we may have been stopped and continued since it looked */
    if (events[1].revents)
        read_channel(launch);
    if (events[2].revents && launch->progress >= 0)
        read_progress(launch);
    for (size_t i = 0; i < launch->helper_count; i++)
        helpers_listen(&launch->helpers[i], events[3 + 2 * i].revents, events[4 + 2 * i].revents);
    if (launch->terminal == TERMINAL_PTY)
        pty_relay(launch, events + relays);
}

/* Should: hold no descriptor that the program's readers wait for. Mustn't: end before the child does. */
int supervise_run(struct launch *launch)
{
    sigset_t set;

    sigfillset(&set);
    sigdelset(&set, SIGTSTP);
    sigdelset(&set, SIGTTIN);
    sigdelset(&set, SIGTTOU);
    launch->signals = MUST(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), "listen to", "signals");
    while (!reap(launch)) {
        go_on(launch);
        wait_once(launch);
        helpers_reap(launch);
    }
    pty_finish(launch);
    terminal_take_back(launch, launch->killed_by != 0);
    return launch->code;
}

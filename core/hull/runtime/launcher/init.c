/* Pid 1: reaps everything, forwards signals to the program, tells the launcher how it fares.
 *
 * Theory of operation. The program shares the launcher's process group unless it has one of its own, so a signal of
 * the terminal reaches it by itself and is not forwarded. A signal that a process sent may have been sent to the
 * launcher alone, to us alone, or to the whole group; in a group both the launcher and we get one, so one of either is
 * held back for a moment: if its twin arrives the program has had its own copy, else it is forwarded.
 */
#include "hull.h"

#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

enum { TWIN_WAIT = 10 * 1000 * 1000 }; /* ns */

struct init {
    struct launch *launch;
    int channel, signals;
    pid_t program;
    struct {
        int64_t deadline; /* 0: none waits */
        bool from_launcher;
    } held[NSIG];
};

static void forward(struct init *init, int signal)
{
    init->held[signal].deadline = 0;
    if (kill(init->program, signal) < 0 && errno != ESRCH)
        fail_errno("forward a signal to", "the program");
}

static void take_signal(struct init *init, int signal, bool from_launcher)
{
    if (signal <= 0 || signal >= NSIG)
        return;
    if (init->held[signal].deadline == 0) {
        init->held[signal].deadline = channel_clock() + TWIN_WAIT;
        init->held[signal].from_launcher = from_launcher;
    } else if (init->held[signal].from_launcher == from_launcher) {
        kill(init->program, signal); /* one of the same kind before: that one was sent to a single process */
    } else if (init->launch->terminal == TERMINAL_INHERIT) {
        init->held[signal].deadline = 0;
    } else {
        forward(init, signal);
    }
}

static int release(struct init *init)
{
    int64_t now = channel_clock(), next = -1;

    for (int signal = 1; signal < NSIG; signal++) {
        int64_t deadline = init->held[signal].deadline;

        if (deadline == 0)
            continue;
        if (deadline <= now)
            forward(init, signal);
        else if (next < 0 || deadline - now < next)
            next = deadline - now;
    }
    return next < 0 ? -1 : (int)(next / 1000000) + 1;
}

static _Noreturn void end(struct init *init, int status)
{
    if (WIFEXITED(status))
        _exit(WEXITSTATUS(status));
    channel_send(init->channel, NOTE_KILLED, WTERMSIG(status), -1);
    _exit(128 + WTERMSIG(status));
}

static void reap(struct init *init)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
        if (pid != init->program)
            continue;
        if (WIFSTOPPED(status))
            channel_send(init->channel, NOTE_STOPPED, WSTOPSIG(status), -1);
        else if (WIFCONTINUED(status))
            channel_send(init->channel, NOTE_CONTINUED, 0, -1);
        else
            end(init, status);
    }
}

static void read_signals(struct init *init)
{
    struct signalfd_siginfo info;

    while (read(init->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            reap(init);
        else if (info.ssi_pid != 0)
            forward(init, (int)info.ssi_signo); /* from inside: nobody else has one */
        else if (info.ssi_code <= 0)
            take_signal(init, (int)info.ssi_signo, false);
    }
}

static void read_channel(struct init *init)
{
    struct message message;
    int passed;

    if (!channel_try_receive(init->channel, &message, &passed))
        _exit(EXIT_TOOL);
    if (message.note == NOTE_SIGNAL)
        take_signal(init, message.value, true);
    if (message.note == NOTE_RESUME) {
        if (message.value)
            terminal_hand_over(STDIN_FILENO, init->program);
        kill(-init->program, SIGCONT);
    }
}

/* Ours only from here on: the channel. Holding the program's ends of pipes would keep its readers waiting. */
static void keep_only(struct init *init)
{
    int null = MUST(open("/", O_PATH | O_CLOEXEC), "open", "/"), low, high;
    sigset_t all;

    sigfillset(&all);
    MUST(sigprocmask(SIG_BLOCK, &all, NULL), "block", "the signals");
    init->signals = MUST(signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC), "listen to", "signals");
    for (int fd = init->launch->terminal == TERMINAL_OWN_GROUP; fd <= STDERR_FILENO; fd++)
        MUST(dup2(null, fd), "let go of", "a standard descriptor");
    low = init->channel < init->signals ? init->channel : init->signals;
    high = init->channel + init->signals - low;
    if (low > 3)
        MUST(sys_close_range(3, (unsigned)low - 1), "close", "descriptors");
    if (high > low + 1)
        MUST(sys_close_range((unsigned)low + 1, (unsigned)high - 1), "close", "descriptors");
    MUST(sys_close_range((unsigned)high + 1, ~0U), "close", "descriptors");
}

/* What ended a start that had no program yet waits in our queue; the program was born too late for its own copy. */
static void forward_early(struct init *init)
{
    static const int ends[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
    struct timespec now = {0};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        sigaddset(&set, ends[i]);
    for (int signal; (signal = sigtimedwait(&set, NULL, &now)) > 0;)
        forward(init, signal);
}

_Noreturn void init_run(struct launch *launch, int channel, pid_t program)
{
    static struct init init;

    init.launch = launch;
    init.channel = channel;
    init.program = program;
    keep_only(&init);
    forward_early(&init);
    for (;;) {
        struct pollfd events[] = {{.fd = init.signals, .events = POLLIN}, {.fd = init.channel, .events = POLLIN}};

        poll(events, 2, release(&init));
        read_signals(&init);
        if (events[1].revents)
            read_channel(&init);
    }
}

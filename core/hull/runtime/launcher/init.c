/* Pid 1: reaps everything, forwards signals to the program, tells the launcher how it fares.
 *
 * Theory of operation. The program shares the launcher's process group unless it has one of its own, so a signal of
 * the terminal reaches it by itself and is not forwarded. A signal that a process sent may have been sent to the
 * launcher alone, to us alone, or to the whole group, which the program is part of: then the launcher and we have got
 * one each. So the launcher relays what it gets, and of what we get we ask it whether it got the same. A pair means
 * that the program has had its own copy.
 */
#include "hull.h"
#include "share.h"

#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

/* ns: how far apart a pair's halves may be seen, and how long to wait for the answer of a launcher that is stopped */
enum { PAIR = 10 * 1000 * 1000, PATIENCE = 200 * 1000 * 1000 };

struct init {
    struct launch *launch;
    int channel, signals;
    pid_t program;
    int64_t changed; /* when the program last stopped or went on */
    struct {
        int64_t asked, relayed; /* 0: no answer is due; not lately */
    } of[NSIG];
};

static void read_signals(struct init *init);

static void forward(struct init *init, int signal)
{
    if (kill(init->program, signal) < 0 && errno != ESRCH)
        fail_errno("forward a signal to", "the program");
}

/* The group got it, and the program with it, unless it has a group of its own. */
static void take_pair(struct init *init, int signal)
{
    init->of[signal].asked = init->of[signal].relayed = 0;
    if (init->launch->terminal != TERMINAL_INHERIT)
        forward(init, signal);
}

static void take_relayed(struct init *init, int signal)
{
    read_signals(init); /* if the group got it, so have we, by now */
    if (init->of[signal].asked != 0) {
        take_pair(init, signal);
        return;
    }
    init->of[signal].relayed = channel_clock();
    forward(init, signal);
}

static void take_own(struct init *init, int signal)
{
    int64_t now = channel_clock();

    if (now - init->of[signal].relayed < PAIR) { /* its half was forwarded a moment ago */
        init->of[signal].relayed = 0;
        return;
    }
    init->of[signal].asked = now;
    channel_send(init->channel, NOTE_ASK, signal, -1);
}

static bool stops(int signal)
{
    return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* Nobody else got it. The launcher cannot say so of signals that stop it: there the program's own stop is the answer. */
static void take_alone(struct init *init, int signal)
{
    int64_t asked = init->of[signal].asked;

    init->of[signal].asked = 0;
    if (asked != 0 && !(stops(signal) && init->changed >= asked - PATIENCE))
        forward(init, signal);
}

/* ms until the next answer is overdue, -1 where none is due. */
static int release(struct init *init)
{
    int64_t now = channel_clock(), next = -1;

    for (int signal = 1; signal < NSIG; signal++) {
        int64_t left = init->of[signal].asked + PATIENCE - now;

        if (init->of[signal].asked == 0)
            continue;
        if (left <= 0)
            take_alone(init, signal);
        else if (next < 0 || left < next)
            next = left;
    }
    return next < 0 ? -1 : (int)(next / 1000000) + 1;
}

static _Noreturn void end(struct init *init, int status)
{
    sweep_below(init->launch);
    if (WIFEXITED(status))
        _exit(WEXITSTATUS(status));
    channel_send(init->channel, NOTE_KILLED, WTERMSIG(status), -1);
    _exit(128 + WTERMSIG(status));
}

static void reap(struct init *init)
{
    int status;
    pid_t pid;
    int64_t when; /* not after it: a launcher that was continued meanwhile must not take it for a new stop */

    while (when = channel_clock(), (pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
        if (pid != init->program)
            continue;
        init->changed = when;
        if (WIFSTOPPED(status))
            channel_send_at(init->channel, NOTE_STOPPED, WSTOPSIG(status), -1, when);
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
            take_own(init, (int)info.ssi_signo);
    }
}

static void read_channel(struct init *init)
{
    struct message message = {0};
    int passed;

    if (!channel_try_receive(init->channel, &message, &passed)) {
        sweep_below(init->launch);
        _exit(EXIT_TOOL);
    }
    if (message.note == NOTE_SIGNAL && message.value > 0 && message.value < NSIG)
        take_relayed(init, message.value);
    if (message.note == NOTE_ALONE && message.value > 0 && message.value < NSIG)
        take_alone(init, message.value);
    if (message.note == NOTE_RESUME) {
        if (message.value)
            terminal_hand_over(STDIN_FILENO, init->program);
        kill(-init->program, SIGCONT);
    }
}

/* Ours only from here on: the channel. Holding the program's ends of pipes would keep its readers waiting. */
static void keep_only(struct init *init)
{
    int null = MUST(open("/", O_PATH | O_CLOEXEC), "open", "/");
    bool shared = init->launch->space != 0;
    sigset_t all;

    sigfillset(&all);
    MUST(sigprocmask(SIG_BLOCK, &all, NULL), "block", "the signals");
    init->signals = MUST(signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC), "listen to", "signals");
    if (init->launch->terminal == TERMINAL_PTY) /* a pty whose last slave is closed hangs up: not before the end */
        MUST(dup2(init->launch->pty, STDIN_FILENO), "keep", "the pseudo-terminal");
    for (int fd = init->launch->terminal != TERMINAL_INHERIT; fd <= STDERR_FILENO; fd++)
        MUST(dup2(null, fd), "let go of", "a standard descriptor");
    MUST(sys_close_others((const int[]){init->channel, init->signals, shared ? init->launch->proc : -1,
                                        shared ? init->launch->shown : -1}, 4), "close", "descriptors");
    share_show_init(init->launch);
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
    if (launch->leash != 0) /* nobody waits for it, and it waits for long */
        settle_for_good(__builtin_frame_address(0), program_caller());
    for (;;) {
        struct pollfd events[] = {{.fd = init.signals, .events = POLLIN}, {.fd = init.channel, .events = POLLIN}};

        poll(events, 2, release(&init));
        read_signals(&init);
        if (events[1].revents)
            read_channel(&init);
    }
}

/* The terminal: who is in its foreground, and what a stop means.
 *
 * Theory of operation. Without -t nothing is done: launcher and program share one process group, and the shell's job
 * control reaches both. With -t on a terminal the program has a group of its own, visible inside its pid namespace,
 * and the foreground; the shell knows only the launcher's group, so the launcher stops when the program does, with the
 * terminal back in its hands, and gives it away again when the shell continues it in the foreground.
 */
#include "hull.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>

static struct termios saved;
static int terminal = -1; /* the launcher's own descriptor of it */

void terminal_prepare(struct launch *launch)
{
    const struct op *op = plan_find(launch->plan, W_TERMINAL);

    launch->pty = -1;
    if (op == NULL || strcmp(op->arg[0], "inherit") == 0)
        return;
    fail_at(op);
    if (strcmp(op->arg[0], "own-group") == 0)
        launch->terminal = TERMINAL_OWN_GROUP;
    else if (strcmp(op->arg[0], "pty") == 0)
        launch->terminal = TERMINAL_PTY;
    else if (strcmp(op->arg[0], "tty") == 0) /* whichever gives the program a terminal on both sides */
        launch->terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) ? TERMINAL_OWN_GROUP : TERMINAL_PTY;
    else
        fail(EXIT_TOOL, EINVAL, "use the terminal as", op->arg[0], NULL);
    if (launch->terminal == TERMINAL_OWN_GROUP) {
        MUST(tcgetattr(STDIN_FILENO, &saved), "use the terminal on", "standard input");
        terminal = MUST(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), "keep", "the terminal");
    }
}

/* A shell may start us before it has given us the foreground (one start in six under xonsh): allow it a moment. */
bool terminal_is_ours(const struct launch *launch)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    if (launch->terminal != TERMINAL_OWN_GROUP)
        return false;
    for (int tries = 0; tries < 50; tries++) {
        if (tcgetpgrp(terminal) == getpgrp())
            return true;
        nanosleep(&moment, NULL);
    }
    return false;
}

/* From a background group the kernel would stop the caller; blocking SIGTTOU is the standard's way to be allowed. */
void terminal_hand_over(int descriptor, pid_t group)
{
    sigset_t set, before;

    sigemptyset(&set);
    sigaddset(&set, SIGTTOU);
    sigprocmask(SIG_BLOCK, &set, &before);
    if (tcsetpgrp(descriptor, group) < 0 && errno != ENOTTY && errno != ESRCH && errno != EPERM)
        fail_warn("cannot pass the terminal's foreground on");
    sigprocmask(SIG_SETMASK, &before, NULL);
}

void terminal_take_back(struct launch *launch, bool reset)
{
    if (!launch->foreground_given)
        return;
    launch->foreground_given = false;
    terminal_hand_over(terminal, getpgrp());
    if (reset)
        tcsetattr(terminal, TCSADRAIN, &saved);
}

static void resume(struct launch *launch)
{
    launch->foreground_given = terminal_is_ours(launch);
    if (!launch->direct) {
        channel_send(launch->channel, NOTE_RESUME, launch->foreground_given, -1);
        return;
    }
    if (launch->foreground_given)
        terminal_hand_over(terminal, launch->child);
    kill(-launch->child, SIGCONT);
}

/* The program stopped at `when`. The shell sees only us: stop too, unless we did and were continued since. */
void terminal_stopped(struct launch *launch, int signal, int64_t when)
{
    status_event("stopped");
    if (launch->leash != 0) /* no shell's job: the program stops alone */
        return;
    if (launch->terminal == TERMINAL_INHERIT && when > launch->continued)
        raise(SIGSTOP);
    if (launch->terminal != TERMINAL_OWN_GROUP)
        return;
    terminal_take_back(launch, false);
    kill(0, signal == SIGSTOP ? SIGSTOP : SIGTSTP);
    resume(launch);
}

void terminal_adopt(struct launch *launch, int foreground)
{
    if (launch->terminal == TERMINAL_OWN_GROUP) {
        MUST(setpgid(0, 0), "make", "a process group");
        if (foreground)
            terminal_hand_over(STDIN_FILENO, getpid());
    }
    if (launch->terminal == TERMINAL_PTY) {
        MUST(setsid(), "make", "a session");
        MUST(ioctl(launch->pty, TIOCSCTTY, 0), "own", "the pseudo-terminal");
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
            MUST(dup2(launch->pty, fd), "use", "the pseudo-terminal");
    }
}

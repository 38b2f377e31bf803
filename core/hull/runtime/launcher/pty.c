/* A pseudo-terminal of the container's own, and the relay between it and what the launcher was given. */
#include "hull.h"

#include <linux/magic.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <termios.h>

enum { PIECE = 4096 }; /* a pipe that polls writable takes this much without blocking */

static char in[PIECE] ROOMY, out[PIECE] ROOMY;
static struct {
    struct termios saved;
    int terminal; /* the side that is one, -1: none */
    bool input_ended, ended_line;
    size_t in_at, in_end, out_at, out_end;
} relay = {.terminal = -1, .ended_line = true};

/* The multiplexer is taken from the container's own devpts and proven to be one (CVE-2025-52565). */
int pty_make(int root)
{
    int master = place_open(root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY), unlocked = 0;
    struct statfs found;

    MUST(fstatfs(master, &found), "look at", "/dev/pts/ptmx");
    if (found.f_type != DEVPTS_SUPER_MAGIC)
        fail(EXIT_TOOL, EPERM, "open a pseudo-terminal in", "/dev/pts", "it is not a devpts file system");
    MUST(ioctl(master, TIOCSPTLCK, &unlocked), "unlock", "the pseudo-terminal");
    return master;
}

int pty_slave(int master)
{
    return MUST(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC), "open", "the pseudo-terminal");
}

static void set_up_terminal(int master)
{
    struct termios raw, inside;

    if (!isatty(STDIN_FILENO) && tcgetattr(master, &inside) == 0) {
        inside.c_lflag &= ~(tcflag_t)ECHO; /* what is piped in was not typed: nobody misses its echo */
        tcsetattr(master, TCSANOW, &inside);
    }
    relay.terminal = isatty(STDIN_FILENO) ? STDIN_FILENO : isatty(STDOUT_FILENO) ? STDOUT_FILENO : -1;
    if (relay.terminal < 0 || tcgetattr(relay.terminal, &relay.saved) < 0) {
        relay.terminal = -1;
        return;
    }
    raw = relay.saved;
    if (relay.terminal == STDIN_FILENO)
        cfmakeraw(&raw);
    raw.c_oflag &= ~(tcflag_t)OPOST;
    if (tcgetpgrp(relay.terminal) > 0) /* else it is nobody's controlling terminal, or another session's */
        terminal_hand_over(relay.terminal, tcgetpgrp(relay.terminal)); /* a no-op that fails where we may not touch it */
    tcsetattr(relay.terminal, TCSADRAIN, &raw);
}

void pty_resize(const struct launch *launch)
{
    struct winsize size;

    if (relay.terminal >= 0 && ioctl(relay.terminal, TIOCGWINSZ, &size) == 0)
        ioctl(launch->pty, TIOCSWINSZ, &size);
}

void pty_start(struct launch *launch, int master)
{
    launch->pty = master;
    MUST(fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK), "prepare", "the pseudo-terminal");
    set_up_terminal(master);
    pty_resize(launch);
}

int pty_poll(const struct launch *launch, void *events)
{
    struct pollfd *e = events;
    bool more = relay.in_at < relay.in_end;

    e[0] = (struct pollfd){launch->pty < 0 || relay.input_ended || more ? -1 : STDIN_FILENO, POLLIN, 0};
    e[1] = (struct pollfd){launch->pty >= 0 && more ? launch->pty : -1, POLLOUT, 0};
    e[2] = (struct pollfd){launch->pty >= 0 && relay.out_at == relay.out_end ? launch->pty : -1, POLLIN, 0};
    e[3] = (struct pollfd){relay.out_at < relay.out_end ? STDOUT_FILENO : -1, POLLOUT, 0};
    return PTY_EVENTS;
}

/* The end of input is a character on a terminal: one ends a line begun, one says the end. */
static void end_input(const struct launch *launch)
{
    struct termios inside;

    relay.input_ended = true;
    if (launch->pty < 0 || tcgetattr(launch->pty, &inside) < 0 || !(inside.c_lflag & ICANON))
        return;
    relay.in_at = relay.in_end = 0;
    if (!relay.ended_line)
        in[relay.in_end++] = (char)inside.c_cc[VEOF];
    in[relay.in_end++] = (char)inside.c_cc[VEOF];
}

static void read_input(const struct launch *launch)
{
    ssize_t got = read(STDIN_FILENO, in, sizeof in);

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) {
        end_input(launch);
        return;
    }
    relay.in_at = 0;
    relay.in_end = (size_t)got;
    relay.ended_line = in[got - 1] == '\n';
}

static void write_output(void)
{
    ssize_t put = write(STDOUT_FILENO, out + relay.out_at, relay.out_end - relay.out_at);

    if (put > 0)
        relay.out_at += (size_t)put;
    else if (put < 0 && errno != EINTR && errno != EAGAIN)
        relay.out_at = relay.out_end; /* nobody reads any more: the program goes on, as with a closed terminal */
}

static bool read_output(struct launch *launch)
{
    ssize_t got = read(launch->pty, out, sizeof out);

    if (got > 0) {
        relay.out_at = 0;
        relay.out_end = (size_t)got;
        return true;
    }
    return got < 0 && errno == EINTR;
}

void pty_relay(struct launch *launch, const void *events)
{
    const struct pollfd *e = events;

    if (e[3].revents)
        write_output();
    if (e[2].revents & (POLLIN | POLLHUP) && !read_output(launch) && errno != EAGAIN) {
        close(launch->pty);
        launch->pty = -1; /* EIO: the last slave is closed */
    }
    if (e[1].revents & POLLOUT && launch->pty >= 0) {
        ssize_t put = write(launch->pty, in + relay.in_at, relay.in_end - relay.in_at);

        if (put > 0)
            relay.in_at += (size_t)put;
    }
    if (e[0].revents)
        read_input(launch);
}

/* The program is gone; what it wrote is not. */
void pty_finish(struct launch *launch)
{
    if (launch->terminal != TERMINAL_PTY)
        return;
    do
        while (relay.out_at < relay.out_end)
            write_output();
    while (launch->pty >= 0 && read_output(launch));
    if (relay.terminal >= 0)
        tcsetattr(relay.terminal, TCSADRAIN, &relay.saved);
    relay.terminal = -1;
}

/* The other side: whoever attaches to a running container, or waits until a new one runs. */
#include "monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <termios.h>

static struct {
    struct termios saved;
    int terminal; /* -1: it is not changed */
    int fd, signals;
    const char *path;
    bool starts, input, told, interrupted;
    size_t key, key_count;
    unsigned char keys[32];
    size_t length;
    char packet[PACKET_MAX + 1];
} self ROOMY;

static void leave(int code)
{
    if (self.terminal >= 0)
        tcsetattr(self.terminal, TCSADRAIN, &self.saved);
    if (code == 128 + SIGINT && self.interrupted)
        finish_by_interrupt();
    _exit(code);
}

int client_connect(const char *path)
{
    struct sockaddr_un address;
    int directory = control_address(path, &address);
    int fd = MUST(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "open", "a socket");

    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        fail_errno("reach the container's monitor at", path);
    if (directory >= 0)
        close(directory);
    return fd;
}

void client_size(int fd)
{
    struct winsize size;
    char text[32];
    int terminal = isatty(STDOUT_FILENO) ? STDOUT_FILENO : STDIN_FILENO;

    if (ioctl(terminal, TIOCGWINSZ, &size) == 0)
        send(fd, text, (size_t)snprintf(text, sizeof text, "w%u %u", size.ws_row, size.ws_col), MSG_NOSIGNAL);
}

static void write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t put = write(fd, bytes, length);

        if (put < 0 && errno == EAGAIN) {
            struct pollfd event = {.fd = fd, .events = POLLOUT};

            poll(&event, 1, -1);
        } else if (put < 0 && errno != EINTR) {
            leave(EXIT_TOOL);
        } else if (put > 0) {
            bytes += put;
            length -= (size_t)put;
        }
    }
}

static void use_terminal(void)
{
    struct termios raw;

    if (!self.input || !isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &self.saved) < 0)
        return;
    self.terminal = STDIN_FILENO;
    raw = self.saved;
    cfmakeraw(&raw);
    terminal_hand_over(STDIN_FILENO, tcgetpgrp(STDIN_FILENO));
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

static void read_monitor(void)
{
    static char packet[PACKET_MAX + 2] ROOMY;
    ssize_t got = recv(self.fd, packet, sizeof packet - 1, 0);

    if (got < 0 && (errno == EINTR || errno == ECONNRESET)) /* it ended with input unread: its last words come next */
        return;
    if (got <= 0) {
        if (self.starts && self.told)
            leave(EXIT_TOOL);
        write_all(STDERR_FILENO, "hull: the container's monitor is gone\n", 38);
        leave(EXIT_TOOL);
    }
    packet[got] = '\0';
    if (*packet == 'o') {
        write_all(STDOUT_FILENO, packet + 1, (size_t)got - 1);
    } else if (*packet == 'e') {
        self.told = true;
        write_all(STDERR_FILENO, packet + 1, (size_t)got - 1);
    } else if (*packet == 'm' && packet[1] == 't') {
        use_terminal();
    } else if (*packet == 'x') {
        leave(atoi(packet + 1));
    }
}

/* The packet that completes the keys is not sent; what began them in an earlier one was. */
static bool detaches(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        self.key = byte == self.keys[self.key] ? self.key + 1 : byte == self.keys[0] ? 1 : 0;
        if (self.key == self.key_count)
            return true;
    }
    return false;
}

static void read_input(void)
{
    ssize_t got = read(STDIN_FILENO, self.packet + 1, PACKET_MAX);

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    *self.packet = got > 0 ? 'i' : 'z';
    self.length = got > 0 ? (size_t)got + 1 : 1;
    self.input = got > 0;
    if (got > 0 && self.key_count > 0 && detaches(self.packet + 1, (size_t)got))
        leave(0);
}

static void send_input(void)
{
    if (self.length > 0 && (send(self.fd, self.packet, self.length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno != EAGAIN))
        self.length = 0;
}

/* On a connection of its own: this one may be full of input that the program does not take. */
static void send_signal(int signal)
{
    char text[32];
    int fd = self.path != NULL ? client_connect(self.path) : -1;

    if (fd < 0)
        return;
    send(fd, text, (size_t)snprintf(text, sizeof text, "signal %d 0", signal), MSG_NOSIGNAL);
    close(fd);
}

static void read_signals(void)
{
    struct signalfd_siginfo info;

    while (read(self.signals, &info, sizeof info) == (ssize_t)sizeof info) {
        int signal = (int)info.ssi_signo;

        if (signal == SIGWINCH) {
            client_size(self.fd);
        } else {
            self.interrupted |= signal == SIGINT && info.ssi_code > 0;
            send_signal(signal);
        }
    }
}

/* Stops stay this process's own: the shell's job control is about it. */
static void listen_to_signals(bool all)
{
    static const int own[] = {SIGCHLD, SIGPIPE, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    sigset_t set;

    sigemptyset(&set);
    if (all) {
        sigfillset(&set);
        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
            sigdelset(&set, own[i]);
    }
    sigaddset(&set, SIGWINCH);
    MUST(sigprocmask(SIG_SETMASK, &set, NULL), "block", "the signals");
    self.signals = MUST(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), "listen to", "signals");
}

static void parse_keys(const char *options)
{
    const char *at = strstr(options, "detach-keys=");

    for (at = at != NULL ? at + 12 : ""; at[0] != '\0' && at[0] != ',' && at[1] != '\0'; at += 2) {
        char byte[3] = {at[0], at[1], '\0'}, *end;

        if (self.key_count == sizeof self.keys)
            fail(EXIT_TOOL, E2BIG, "use the detach keys", options, NULL);
        self.keys[self.key_count++] = (unsigned char)strtoul(byte, &end, 16);
        if (*end != '\0')
            fail(EXIT_TOOL, EINVAL, "use the detach keys", options, "they are not hexadecimal");
    }
}

static void attach(const struct op *op, const struct plan *plan)
{
    char request[64];

    fail_at(op);
    self.path = op->arg[0];
    self.input = text_has(op->arg[1], "stdin");
    parse_keys(op->arg[1]);
    fail_at(NULL);
    listen_to_signals(text_has(op->arg[1], "signals"));
    if (self.starts) {
        if (plan_is_pty(plan))
            use_terminal();
        return;
    }
    text_join(request, sizeof request, "attach mode", self.input ? ",stdin" : "", "");
    MUST(send(self.fd, request, strlen(request), MSG_NOSIGNAL), "ask", "the container's monitor");
    client_size(self.fd);
}

_Noreturn void client_run(int fd, const struct plan *plan)
{
    const struct op *op = plan_find(plan, W_ATTACH);

    self.fd = fd;
    self.terminal = self.signals = -1;
    self.starts = plan_find(plan, W_MONITOR) != NULL;
    if (op != NULL)
        attach(op, plan);
    for (;;) {
        struct pollfd events[] = {
            {fd, (short)(POLLIN | (self.length > 0 ? POLLOUT : 0)), 0},
            {self.input && self.length == 0 ? STDIN_FILENO : -1, POLLIN, 0},
            {self.signals, POLLIN, 0},
        };

        poll(events, 3, -1);
        if (events[2].revents)
            read_signals();
        if (events[1].revents)
            read_input();
        send_input();
        if (events[0].revents & (POLLIN | POLLHUP | POLLERR))
            read_monitor();
    }
}

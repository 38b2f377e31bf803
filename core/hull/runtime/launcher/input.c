/* What an attached client sends: bytes for the program, the terminal's size, signals. */
#include "monitor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

int input_target(const struct monitor *m)
{
    return m->pty >= 0 ? m->pty : m->stdin_pipe;
}

/* The program has yet to take what came before, or to be there: until then no client is asked for more. */
bool input_waits(const struct monitor *m)
{
    if (m->phase == PHASE_WAITING || (m->pty < 0 && m->executed == 0 && plan_is_pty(m->plan)))
        return true;
    return m->input_at < m->input_end && input_target(m) >= 0;
}

void input_size(struct monitor *m)
{
    struct winsize size = {.ws_row = m->rows, .ws_col = m->columns};

    if (m->pty >= 0 && m->rows > 0)
        ioctl(m->pty, TIOCSWINSZ, &size);
}

/* On a terminal the end is a character: one ends a line begun, one says the end. A pipe is closed. */
static void end_input(struct monitor *m)
{
    struct termios inside;

    if (m->pty < 0) {
        m->input_closes = true;
        input_write(m);
        return;
    }
    if (tcgetattr(m->pty, &inside) < 0 || !(inside.c_lflag & ICANON))
        return;
    m->input_at = m->input_end = 0;
    if (m->input_began_line)
        m->input[m->input_end++] = (char)inside.c_cc[VEOF];
    m->input[m->input_end++] = (char)inside.c_cc[VEOF];
    input_write(m);
}

void input_write(struct monitor *m)
{
    int target = input_target(m);

    while (target >= 0 && m->input_at < m->input_end) {
        ssize_t put = write(target, m->input + m->input_at, m->input_end - m->input_at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EAGAIN)
            return;
        if (put < 0) { /* it reads no more */
            m->input_at = m->input_end;
            m->input_closes = m->pty < 0;
        } else {
            m->input_at += (size_t)put;
        }
    }
    if (target < 0)
        m->input_at = m->input_end = 0;
    if (m->input_closes && m->stdin_pipe >= 0) {
        close(m->stdin_pipe);
        m->stdin_pipe = -1;
    }
}

static void take_bytes(struct monitor *m, const char *bytes, size_t length)
{
    if (length == 0 || length > PACKET_MAX)
        return;
    memcpy(m->input, bytes, length);
    m->input_at = 0;
    m->input_end = length;
    m->input_began_line = bytes[length - 1] != '\n';
    input_write(m);
}

bool input_resize(struct monitor *m, const char *text)
{
    char *end;
    unsigned long rows = strtoul(text, &end, 10), columns = strtoul(end, NULL, 10);

    if (rows == 0 || columns == 0 || rows > UINT16_MAX || columns > UINT16_MAX)
        return false;
    m->rows = (unsigned short)rows;
    m->columns = (unsigned short)columns;
    input_size(m);
    return true;
}

void input_packet(struct monitor *m, const struct client *client, const char *packet, size_t length)
{
    unsigned long long signal;

    if (*packet == 'w')
        input_resize(m, packet + 1);
    else if (*packet == 's' && text_number(packet + 1, NSIG - 1, &signal) && signal > 0)
        monitor_signal(m, (int)signal);
    else if (*packet == 'i' && client->input)
        take_bytes(m, packet + 1, length - 1);
    else if (*packet == 'z' && client->input)
        end_input(m);
}

/* What launcher, init and program tell each other: messages on a socket pair that never cross a boundary of trust,
 * since the program's end closes when the program is executed. */
#include "hull.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

void channel_make(int pair[2])
{
    MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), "make", "a socket pair");
}

int64_t channel_clock(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A side that is gone is not an error here: the receiver's end is noticed where one waits for it. */
void channel_send_at(int channel, enum note note, int value, int passed, int64_t when)
{
    struct message message = {.note = (int)note, .value = value, .when = when};
    const size_t size = offsetof(struct message, failure);

    if (sys_send_with(channel, &message, size, passed) < 0 && errno != EPIPE && errno != ECONNRESET)
        fail_errno("send on", "the launcher's channel");
}

void channel_send(int channel, enum note note, int value, int passed)
{
    channel_send_at(channel, note, value, passed, channel_clock());
}

bool channel_try_receive(int channel, struct message *message, int *passed)
{
    struct iovec vector = {message, sizeof *message};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr header = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got;

    *message = (struct message){0};
    do
        got = recvmsg(channel, &header, MSG_CMSG_CLOEXEC);
    while (got < 0 && (errno == EINTR || errno == ECONNRESET)); /* said once, of what it had not read; its words follow */
    if (got < (ssize_t)offsetof(struct message, failure))
        return false;
    *passed = -1;
    if (header.msg_controllen >= CMSG_LEN(sizeof(int)) && control.header.cmsg_type == SCM_RIGHTS)
        memcpy(passed, CMSG_DATA(&control.header), sizeof *passed);
    return true;
}

int channel_await(int channel, enum note note)
{
    struct message message = {0};
    int passed;

    if (!channel_try_receive(channel, &message, &passed))
        _exit(EXIT_TOOL); /* the launcher died: so do we */
    if (message.note != (int)note)
        fail(EXIT_TOOL, EPROTO, "follow", "the launcher", NULL);
    return message.value;
}

/* Hand descriptors out of a user namespace: what its root may open there works for its owner outside.
 *
 * Theory of operation. The caller holds the other end of standard input, a socket of packets. A request is a word; the
 * answer is "ok" and what it asked for, or "error" and the errno. Whoever opened a netlink socket as root of a network
 * namespace's owner has given it that right (netlink(7) looks at the opener), so the caller needs none of its own.
 */
#include "hull.h"

#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

enum { REQUEST_MAX = 64, PASSED_MAX = 2 };

static ssize_t receive(char *request, int passed[PASSED_MAX])
{
    struct iovec vector = {request, REQUEST_MAX - 1};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(PASSED_MAX * sizeof(int))];
    } control;
    struct msghdr header = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got;

    passed[0] = passed[1] = -1;
    while ((got = recvmsg(STDIN_FILENO, &header, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        continue;
    if (got > 0 && header.msg_controllen >= CMSG_LEN(sizeof(int)) && control.header.cmsg_type == SCM_RIGHTS)
        memcpy(passed, CMSG_DATA(&control.header), control.header.cmsg_len - CMSG_LEN(0));
    request[got > 0 ? got : 0] = '\0';
    return got;
}

static void answer(long result, int passed)
{
    char text[REQUEST_MAX];
    int size = result < 0 ? snprintf(text, sizeof text, "error %d", errno)
                          : snprintf(text, sizeof text, "ok %ld", result);

    if (sys_send_with(STDIN_FILENO, text, (size_t)size, passed) < 0)
        _exit(EXIT_TOOL);
    if (passed >= 0)
        close(passed);
}

/* A process that keeps a namespace open until another ends, for one that joined while it ran. */
static pid_t keep(int process, int space)
{
    struct pollfd end = {.fd = 3, .events = POLLIN};
    pid_t pid = fork();
    int null;

    if (pid != 0)
        return pid;
    if (setsid() < 0 || (process = fcntl(process, F_DUPFD, 8)) < 0 || (space = fcntl(space, F_DUPFD, 8)) < 0 ||
        (null = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
        _exit(EXIT_TOOL);
    prctl(PR_SET_NAME, "hull-holder");
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(null, fd);
    if (chdir("/") < 0 || dup2(process, 3) < 0 || dup2(space, 4) < 0 || sys_close_range(5, ~0U) < 0)
        _exit(EXIT_TOOL);
    settle_stack();
    while (poll(&end, 1, -1) < 0 && errno == EINTR)
        continue;
    _exit(0);
}

static void obey(const char *request, const int passed[PASSED_MAX])
{
    unsigned long long protocol;

    if (strcmp(request, "new") == 0) {
        int made = unshare(CLONE_NEWNET) < 0 ? -1 : open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

        answer(made < 0 ? -1 : 0, made);
    } else if (strcmp(request, "enter") == 0) {
        answer(setns(passed[0], CLONE_NEWNET), -1);
    } else if (strncmp(request, "socket ", 7) == 0 && text_number(request + 7, 64, &protocol)) {
        int made = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, (int)protocol); /* pyroute2 takes no SOCK_RAW */

        answer(made < 0 ? -1 : 0, made);
    } else if (strcmp(request, "keep") == 0 && passed[1] >= 0) {
        answer(keep(passed[0], passed[1]), -1);
    } else {
        errno = EPROTO;
        answer(-1, -1);
    }
}

/* Should: be a child that is root of the namespace. Mustn't: outlive the caller's end of the socket. */
_Noreturn void hand_out_run(void)
{
    char request[REQUEST_MAX];
    int passed[PASSED_MAX];

    while (receive(request, passed) > 0) {
        obey(request, passed);
        for (int i = 0; i < PASSED_MAX; i++)
            if (passed[i] >= 0)
                close(passed[i]);
    }
    _exit(0);
}

/* What a monitor lets go of: whoever started it may end, log out, unmount, and wait for its pipes' end. */
#include "monitor.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/* The plan names some by number: a session's kept namespace must be there at the next start, too. */
static void close_others(const struct plan *plan, int starter, int hold)
{
    int kept[KEPT_MAX + 16] = {starter, hold};
    unsigned long long number;
    size_t count = 2;

    EACH(op, plan)
        for (int i = 0; i < PLAN_ARGUMENTS && op->arg[i] != NULL && op->word < W_HOSTNAME; i++)
            if (strncmp(op->arg[i], "/proc/self/fd/", 14) == 0 && text_number(op->arg[i] + 14, 1 << 20, &number) &&
                count < sizeof kept / sizeof *kept)
                kept[count++] = (int)number;
    MUST(sys_close_others(kept, count), "close", "inherited descriptors");
}

/* A container has one monitor: from before it is made until its end it holds a lock beside its socket, so that nobody
 * who finds neither the socket nor a line of it in the status file thinks that there is none. */
int detach_hold(const struct plan *plan)
{
    const struct op *op = plan_find(plan, W_MONITOR);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char path[4096];
    int fd;

    fail_at(op);
    text_join(path, sizeof path, op->arg[0], ".lock", "");
    fd = MUST(open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), "open", path);
    if (fcntl(fd, F_OFD_SETLK, &whole) < 0 && (errno == EAGAIN || errno == EACCES))
        fail(EXIT_TOOL, EADDRINUSE, "watch", op->arg[0], "the container has a monitor already");
    fail_at(NULL);
    return fd;
}

void detach_from_caller(const struct plan *plan, int starter, int hold)
{
    int null;

    prctl(PR_SET_NAME, "hull-monitor");
    umask(077);
    MUST(chdir("/"), "enter", "/");
    null = MUST(open("/dev/null", O_RDWR | O_CLOEXEC), "open", "/dev/null");
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        MUST(dup2(null, fd), "let go of", "a standard descriptor");
    close_others(plan, starter, hold);
}

/* What the launcher does in a program's place, as the program's user: its streams, and errands that need no program. */
#include "hull.h"

#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { EXIT_ASKED = 1 }; /* a file or a directory that is not as the user thought: what a shell ends with */

static const struct {
    const char *how;
    int flags;
} WAYS[] = {
    {"read", O_RDONLY},
    {"write", O_WRONLY | O_CREAT | O_TRUNC},
    {"append", O_WRONLY | O_CREAT | O_APPEND},
};

/* 0 to 2 by their usual names, which are links to what this process has open; -1: it is not one of them. */
static int standard(const char *path)
{
    static const char *const names[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};

    for (int fd = 0; fd < 3; fd++)
        if (strcmp(path, names[fd]) == 0)
            return fd;
    if (strncmp(path, "/dev/fd/", 8) == 0 && path[8] >= '0' && path[8] <= '2' && path[9] == '\0')
        return path[8] - '0';
    return -1;
}

/* Never through /proc's links to descriptors: ours are still open (CVE-2024-21626). */
static int open_stream(const struct op *op)
{
    const char *how = op->arg[1], *path = op->arg[2];
    int fd = standard(path);

    errno = EINVAL;
    if (strcmp(how, "same") == 0)
        return (int)text_must_number(path, 2, "it is not one of 0, 1, 2");
    if (fd >= 0)
        return fd;
    for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++)
        if (strcmp(WAYS[i].how, how) == 0)
            fd = sys_openat2(AT_FDCWD, path, WAYS[i].flags | O_NOCTTY | O_CLOEXEC,
                             WAYS[i].flags & O_CREAT ? 0666 : 0, RESOLVE_NO_MAGICLINKS);
    if (fd < 0)
        fail(EXIT_ASKED, errno, "open", path, NULL);
    return fd;
}

void stand_in_streams(const struct plan *plan)
{
    EACH_OF(op, plan, W_STREAM) {
        int wanted, fd;

        fail_at(op);
        wanted = (int)text_must_number(op->arg[0], 2, "it is not one of 0, 1, 2");
        fd = open_stream(op);
        if (fd != wanted)
            MUST(dup2(fd, wanted), "give the program", op->arg[2]);
        if (fd > 2)
            close(fd);
    }
}

static _Noreturn void end(int signal)
{
    _exit(128 + signal);
}

/* Whoever waits for a container that runs nothing hears of it from the launcher, on its standard output, once all else
 * that can be known of it is in the status file. */
int stand_in_announce(const struct launch *launch)
{
    const struct op *op = plan_find(launch->plan, W_STAND_IN);

    if (op == NULL || strcmp(op->arg[0], "wait") != 0 || launch->leash != 0)
        return 0;
    return MUST(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), "keep", "standard output");
}

/* Keep the container up until it is told to end. Pid 1 is told nothing for which it has no handler. */
static _Noreturn void wait_for_end(void)
{
    if (getpid() == 1)
        signal(SIGTERM, end);
    prctl(PR_SET_NAME, "hull-wait");
    syscall(SYS_close_range, 3, ~0U, 0);
    for (;;)
        pause();
}

/* The directory that the one argument names, or the working directory; then HOME: each ends with a NUL. */
static _Noreturn void say_where(char **arguments, char **environment)
{
    char found[4096];
    const char *home = "";

    if (arguments[0] != NULL) {
        int fd = sys_openat2(AT_FDCWD, arguments[0], O_PATH | O_DIRECTORY | O_CLOEXEC, 0, RESOLVE_NO_MAGICLINKS);

        if (arguments[1] != NULL)
            fail(EXIT_ASKED, EINVAL, "change to", arguments[0], "it is one of several");
        if (fd < 0 || fchdir(fd) < 0)
            fail(EXIT_ASKED, errno, "change to", arguments[0], NULL);
    }
    if (syscall(SYS_getcwd, found, sizeof found) < 0 || *found != '/')
        fail(EXIT_TOOL, EPERM, "change to", arguments[0] ? arguments[0] : ".", "it is not inside the container");
    for (char **e = environment; *e != NULL; e++)
        if (strncmp(*e, "HOME=", 5) == 0)
            home = *e + 5;
    MUST(dprintf(STDOUT_FILENO, "%s%c%s%c", found, 0, home, 0), "say", found);
    _exit(0);
}

/* Comes back where a program is to be executed. */
void stand_in_run(const struct plan *plan, char **arguments, char **environment)
{
    const struct op *op = plan_find(plan, W_STAND_IN);

    if (op == NULL)
        return;
    fail_at(op);
    if (strcmp(op->arg[0], "wait") == 0)
        wait_for_end();
    if (strcmp(op->arg[0], "where") == 0)
        say_where(arguments, environment);
    fail(EXIT_TOOL, EINVAL, "do", op->arg[0], "it is no errand of the launcher's");
}

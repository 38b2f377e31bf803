/* The end of a container whose pid namespace is another's, so that no kernel ends it: everybody in its mount namespace
 * is killed, which nobody leaves or enters without CAP_SYS_ADMIN, and everybody whose parent, at last, is its init.
 *
 * Processes are named by their directories in /proc, which are pidfds: no number is used twice. Who forks while a look
 * is taken is met in the next one; two looks that find nobody are the end. */
#include "share.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static const int64_t PATIENCE = 10000000000LL; /* ns: a process that waits for a dead disk does not die */

static bool is_within(int process, unsigned space)
{
    struct stat found;

    return space == 0 || (fstatat(process, "ns/mnt", &found, 0) == 0 && (unsigned)found.st_ino == space);
}

/* space 0: whoever it is. */
static int kill_one(int proc, const char *name, unsigned space)
{
    int process = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), killed;

    if (process < 0)
        return 0;
    killed = is_within(process, space) && sys_pidfd_send_signal(process, SIGKILL) == 0;
    close(process);
    return killed;
}

static int kill_within(int proc, unsigned space)
{
    int fd = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), killed = 0;
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    char self[16] = "";

    if (directory == NULL)
        return 0;
    if (readlinkat(proc, "self", self, sizeof self - 1) < 0)
        *self = '\0';
    while ((entry = readdir(directory)) != NULL)
        if (*entry->d_name >= '1' && *entry->d_name <= '9' && strcmp(entry->d_name, self) != 0)
            killed += kill_one(proc, entry->d_name, space);
    closedir(directory);
    return killed;
}

/* Until they are waited for their numbers are theirs. The dead are counted, too. */
static int kill_children(int proc)
{
    int fd = openat(proc, "thread-self/children", O_RDONLY | O_CLOEXEC), found = 0;
    FILE *children = fd < 0 ? NULL : fdopen(fd, "r");
    char name[16];

    if (children == NULL)
        return 0;
    while (fscanf(children, "%15s", name) == 1) {
        kill_one(proc, name, 0);
        found++;
    }
    fclose(children);
    return found;
}

static bool sweep(int proc, unsigned space, bool below)
{
    const struct timespec moment = {.tv_nsec = 500000};
    int64_t end = channel_clock() + PATIENCE;

    for (int empty = 0; empty < 2;) {
        int left = kill_within(proc, space);

        if (below) {
            left += kill_children(proc);
            while (waitpid(-1, NULL, WNOHANG) > 0)
                continue;
        }
        empty = left == 0 ? empty + 1 : 0;
        if (left > 0 && channel_clock() > end)
            return false;
        if (left > 0)
            nanosleep(&moment, NULL);
    }
    return true;
}

void sweep_below(const struct launch *launch)
{
    if (launch->space != 0)
        sweep(launch->proc, launch->space, true);
}

static void kill_group(const struct plan *plan)
{
    const struct op *op = plan_find(plan, W_CGROUP);
    char path[4096];
    int fd;

    if (op == NULL || strlen(op->arg[0]) > sizeof path - 16)
        return;
    fd = open(text_join(path, sizeof path, op->arg[0], "/cgroup.kill", ""), O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return; /* kernels before 5.14 have no such file */
    if (write(fd, "1", 1) < 0)
        fail_warn("cannot kill what is left in the container's control group");
    close(fd);
}

/* Mustn't: meet the launcher's own namespace, the host's, whatever the child has said of its own. */
void sweep_finish(const struct launch *launch)
{
    struct stat own;
    int proc;

    if (launch->space == 0 || launch->child != 0)
        return;
    if (stat("/proc/self/ns/mnt", &own) < 0 || (unsigned)own.st_ino == launch->space)
        return;
    kill_group(launch->plan);
    if ((proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        return;
    if (!sweep(proc, launch->space, false))
        fail_warn("processes of the container do not end: they wait for the kernel");
    close(proc);
}

/* The control group: joined at birth, asked about its end, removed. */
#include "hull.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cgroup_open(const struct plan *plan)
{
    const struct op *op = plan_find(plan, W_CGROUP);

    if (op == NULL)
        return -1;
    fail_at(op);
    return MUST(open(op->arg[0], O_PATH | O_DIRECTORY | O_CLOEXEC), "open the control group", op->arg[0]);
}

/* How many of its processes the kernel has killed for want of memory, so far. */
unsigned long long cgroup_killed(const struct plan *plan)
{
    const struct op *op = plan_find(plan, W_CGROUP);
    char name[4096], text[1024], *at;
    ssize_t got;
    int fd;

    if (op == NULL ||
        (fd = open(text_join(name, sizeof name, op->arg[0], "/", "memory.events"), O_RDONLY | O_CLOEXEC)) < 0)
        return 0; /* no memory controller, no such end */
    got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    return (at = strstr(text, "oom_kill ")) != NULL ? strtoull(at + 9, NULL, 10) : 0;
}

/* The calling process and what it will start. Namespaces come later: the group may lie outside of what they show. */
void cgroup_enter(const struct plan *plan, int group)
{
    int fd = MUST(openat(group, "cgroup.procs", O_WRONLY | O_CLOEXEC), "open the processes of the control group",
                  plan_find(plan, W_CGROUP)->arg[0]);

    if (write(fd, "0", 1) != 1)
        fail_errno("enter the control group", plan_find(plan, W_CGROUP)->arg[0]);
    close(fd);
}

/* Ask before the group goes. Its last process is dead by now, but the kernel may still be unlinking it. A program that
 * joined a container leaves the group to the container's launcher, which has yet to ask. */
bool cgroup_finish(const struct plan *plan)
{
    const struct op *op = plan_find(plan, W_CGROUP);
    bool killed;

    if (op == NULL || plan_find(plan, W_JOIN) != NULL)
        return false;
    killed = cgroup_killed(plan) > 0;
    if (rmdir(op->arg[0]) < 0 && errno != ENOENT)
        status_left(op->arg[0]);
    return killed;
}

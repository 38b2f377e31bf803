/* A container that is in namespaces of another one.
 *
 * Theory of operation. They belong to the other's user namespace, so the container is in that, too, entered last by the
 * intermediate that clone.c describes. In a joined pid namespace others can name our processes, and one of them with
 * CAP_SYS_PTRACE would reach through the child what is still the host's. So launcher, intermediate and child cannot be
 * looked at (the kernel asks for the capability where the launcher was executed) until init holds its channel alone,
 * and the program not before its exec; what helpers would look up at the child meanwhile they get by descriptor. Init
 * is no pid 1 there: it is the reaper of its own, and sweep.c ends them.
 */
#include "share.h"

#include <linux/magic.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static int memory = -1;

bool share_has(const struct plan *plan, const char *kind)
{
    const struct op *op = plan_find(plan, W_SHARE);

    return op != NULL && text_has(op->arg[2], kind);
}

/* The other's /dev/shm, whatever lies on the path that its root commands: a tmpfs that is mounted there, or nothing. */
static int take_memory(void *data)
{
    static const char path[] = "/dev/shm";
    const struct op *op = data;
    struct statfs kind;
    struct stat found, above;
    int fd;

    fail_at(op);
    clone_enter(op, "user,mount");
    fd = MUST(sys_openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0, RESOLVE_NO_SYMLINKS), "open the other container's",
              path);
    MUST(fstatfs(fd, &kind), "look at the other container's", path);
    MUST(fstat(fd, &found), "look at the other container's", path);
    MUST(fstatat(fd, "..", &above, 0), "look at the other container's", path);
    if (kind.f_type != TMPFS_MAGIC || found.st_dev == above.st_dev)
        fail(EXIT_TOOL, EINVAL, "share the other container's", path, "no shared memory is mounted there");
    memory = MUST(attach_clone(fd, "", "nosuid,nodev,noexec"), "share the other container's", path);
    close(fd);
    return 0;
}

/* Should: be called before the intermediate. Mustn't: come back to a launcher that can be looked at. */
void share_prepare(struct launch *launch)
{
    const struct op *op = plan_find(launch->plan, W_SHARE);

    launch->network = -1;
    if (op == NULL)
        return;
    fail_at(op);
    if (share_has(launch->plan, "pid") && !launch->has_init)
        fail(EXIT_TOOL, EINVAL, "be in the namespaces of process", op->arg[0], "the plan has no init");
    if (share_has(launch->plan, "ipc"))
        clone_aside(take_memory, (void *)op, CLONE_FILES);
}

int share_memory(void)
{
    return memory;
}

/* Whether the child is born where others can name it: CVE-2016-9962. */
bool share_hides(const struct plan *plan)
{
    return plan_find(plan, W_JOIN) != NULL || share_has(plan, "pid");
}

/* Should: follow the last change of the intermediate's ids. Who is hidden cannot write what the child inherits here. */
void share_hide(const struct plan *plan)
{
    if (!share_hides(plan))
        return;
    EACH_OF(op, plan, W_OOM_SCORE) {
        fail_at(op);
        settings_oom_score(op->arg[0]);
    }
    MUST(prctl(PR_SET_DUMPABLE, 0), "hide", "the launcher");
}

/* The network namespace is made here where the child would make one: then it can be handed to helpers. */
void share_enter(struct launch *launch, uint64_t *flags)
{
    const struct op *op = plan_find(launch->plan, W_SHARE);
    char path[64];

    if (op == NULL)
        return;
    fail_at(op);
    text_join(path, sizeof path, "/proc/", op->arg[0], "/ns/user");
    launch->inside = open(path, O_RDONLY | O_CLOEXEC);
    clone_enter(op, op->arg[2]); /* which proves that it lives, and whose it was */
    MUST(launch->inside, "open", path);
    if (!share_has(launch->plan, "pid"))
        return;
    if (*flags & CLONE_NEWNET)
        MUST(unshare(CLONE_NEWNET), "make the namespace", "net");
    *flags &= ~(uint64_t)CLONE_NEWNET;
    launch->network = MUST(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), "open", "the network namespace");
}

/* What ends us is the channel's end: only who lives can end the others. */
void share_begin(struct launch *launch, int channel)
{
    struct pollfd hangup = {.fd = channel};
    struct stat own;
    int shown[2];

    if (!share_has(launch->plan, "pid"))
        return;
    launch->proc = MUST(open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", "the container's /proc");
    MUST(fstatat(launch->proc, "thread-self/ns/mnt", &own, 0), "look at", "the container's mount namespace");
    launch->space = (unsigned)own.st_ino;
    MUST(pipe2(shown, O_CLOEXEC), "make", "a pipe");
    launch->unshown = shown[0];
    launch->shown = shown[1];
    MUST(prctl(PR_SET_CHILD_SUBREAPER, 1), "become", "the reaper of the container's processes");
    MUST(prctl(PR_SET_PDEATHSIG, 0), "outlive", "the launcher for a moment");
    if (poll(&hangup, 1, 0) > 0 && hangup.revents & (POLLHUP | POLLERR))
        _exit(EXIT_TOOL);
}

/* Whoever enters the container, its health's probes first, finds init by then. */
void share_await_init(struct launch *launch)
{
    char none;

    if (launch->shown == 0)
        return;
    close(launch->shown);
    while (read(launch->unshown, &none, 1) < 0 && errno == EINTR)
        continue;
    close(launch->unshown);
}

void share_show_init(struct launch *launch)
{
    if (launch->shown == 0)
        return;
    MUST(prctl(PR_SET_DUMPABLE, 1), "show", "the container to its owner");
    close(launch->shown);
}

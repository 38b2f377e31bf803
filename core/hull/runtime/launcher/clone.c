/* Namespaces: the launcher stays in the host's, the child is made in its own.
 *
 * Theory of operation. Where a namespace must belong to somebody else than the new user namespace (a joined one, an
 * outer network namespace, a running container's), a short-lived intermediate enters or makes it and then clones the
 * child with CLONE_PARENT: the child is the launcher's own, the launcher itself never left the host's namespaces. The
 * intermediate shares the launcher's memory and descriptors and suspends it (CLONE_VFORK), so that it costs no
 * page-table copy and leaves its results where the launcher reads them. It writes the child's maps, too: the child need
 * not wait until the launcher wakes.
 */
#include "hull.h"
#include "share.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const struct {
    const char *kind;
    uint64_t flag;
} KINDS[] = {
    {"mount", CLONE_NEWNS}, {"pid", CLONE_NEWPID},       {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS},
    {"net", CLONE_NEWNET},  {"cgroup", CLONE_NEWCGROUP}, {"time", 0x80},        {"user", CLONE_NEWUSER},
};

static uint64_t kind_flag(const char *kind, size_t length)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (strlen(KINDS[i].kind) == length && strncmp(KINDS[i].kind, kind, length) == 0)
            return KINDS[i].flag;
    fail(EXIT_TOOL, 0, "make the namespace", kind, "there is no such kind");
}

bool clone_joins(const struct plan *plan, const char *kind)
{
    EACH_OF(op, plan, W_NAMESPACE_JOIN)
        if (strcmp(op->arg[0], kind) == 0)
            return true;
    return false;
}

/* Whether the network namespace is not the child's own, but its parent's. */
bool clone_outer_network(const struct plan *plan)
{
    EACH_OF(op, plan, W_NAMESPACE)
        if (strcmp(op->arg[0], "net-outer") == 0)
            return true;
    return clone_joins(plan, "net");
}

/* A control-group namespace is left to the child where a group is joined: its root must be that group. */
uint64_t clone_flags(const struct plan *plan)
{
    uint64_t flags = plan_find(plan, W_USERNS_NEW) != NULL ? CLONE_NEWUSER : 0;

    EACH_OF(op, plan, W_NAMESPACE) {
        fail_at(op);
        if (strcmp(op->arg[0], "net-outer") != 0)
            flags |= kind_flag(op->arg[0], strlen(op->arg[0]));
    }
    return flags;
}

/* Open what is named by descriptor before every other descriptor is closed. */
void clone_prepare(struct launch *launch)
{
    const struct op *op = plan_find(launch->plan, W_USERNS_JOIN);
    int count = 0;

    launch->userns = launch->inside = -1;
    if (op != NULL) {
        fail_at(op);
        launch->userns = MUST(open(op->arg[0], O_RDONLY | O_CLOEXEC), "open", op->arg[0]);
    }
    EACH_OF(join, launch->plan, W_NAMESPACE_JOIN) {
        fail_at(join);
        if (count == NAMESPACES_MAX)
            fail(EXIT_TOOL, E2BIG, "enter the namespace", join->arg[1], NULL);
        launch->joins[count++] = MUST(open(join->arg[1], O_RDONLY | O_CLOEXEC), "open", join->arg[1]);
    }
    EACH_OF(keep, launch->plan, W_KEEP) {
        unsigned long long number;

        fail_at(keep);
        if (strncmp(keep->arg[0], "/proc/self/fd/", 14) != 0 || !text_number(keep->arg[0] + 14, 1 << 20, &number) ||
            launch->kept_count == KEPT_MAX)
            fail(EXIT_TOOL, EINVAL, "keep", keep->arg[0], "it is not an inherited descriptor, or there are too many");
        MUST(fcntl((int)number, F_SETFD, FD_CLOEXEC), "keep", keep->arg[0]);
        launch->kept[launch->kept_count++] = (int)number;
    }
    launch->cgroup = cgroup_open(launch->plan);
    nftables_check(launch->plan);
}

/* Whether a process shares a namespace with us: the host's, which nobody may enter anew without power over it. */
static bool is_ours(const char *pid, const char *kind, size_t length)
{
    char theirs[64], ours[64];
    struct stat their, our;

    if (length == strlen("mount") && strncmp(kind, "mount", length) == 0)
        kind = "mnt", length = 3;
    snprintf(theirs, sizeof theirs, "/proc/%.16s/ns/%.*s", pid, (int)length, kind);
    snprintf(ours, sizeof ours, "/proc/self/ns/%.*s", (int)length, kind);
    return stat(theirs, &their) == 0 && stat(ours, &our) == 0 && their.st_ino == our.st_ino;
}

void clone_enter(const struct op *op, const char *kinds)
{
    pid_t pid = (pid_t)text_must_number(op->arg[0], 1 << 22, "it is not a process id");
    int fd = sys_pidfd_open(pid), flags = 0;

    if (fd < 0 && errno != ESRCH)
        fail_errno("open the process", op->arg[0]);
    /* The descriptor is taken first: what the start time is then compared with cannot be replaced any more. */
    if (fd < 0 || status_start_ticks(pid) != text_must_number(op->arg[1], UINT64_MAX, "it is not a start time"))
        fail(EXIT_TOOL, ESRCH, "enter the container of process", op->arg[0], "it is no longer running");
    for (const char *at = kinds; *at;) {
        size_t length = strcspn(at, ",");

        if (!is_ours(op->arg[0], at, length))
            flags |= (int)kind_flag(at, length);
        at += length + (at[length] == ',');
    }
    MUST(setns(fd, flags), "enter the namespaces of process", op->arg[0]);
    close(fd);
}

struct errand {
    struct launch *launch;
    struct clone_request request;
    int child_end, progress_end;
};

static void become_child(struct errand *errand)
{
    close(errand->launch->channel);
    if (plan_find(errand->launch->plan, W_JOIN) != NULL)
        child_join(errand->launch, errand->child_end, errand->progress_end);
    child_run(errand->launch, errand->child_end, errand->progress_end);
}

static bool root_joins(const struct launch *launch)
{
    return launch->userns >= 0 && launch->by_root;
}

static int intermediate(void *data)
{
    struct errand *errand = data;
    struct launch *launch = errand->launch;
    int count = 0;

    if (launch->cgroup >= 0 && plan_find(launch->plan, W_JOIN) != NULL) {
        cgroup_enter(launch->plan, launch->cgroup);
        errand->request.cgroup = -1;
    }
    if (root_joins(launch))
        outer_join_as_root(launch);
    share_hide(launch->plan);
    EACH(op, launch->plan) {
        fail_at(op);
        if (op->word == W_NAMESPACE_JOIN)
            MUST(setns(launch->joins[count++], (int)kind_flag(op->arg[0], strlen(op->arg[0]))), "enter", op->arg[1]);
        else if (op->word == W_JOIN)
            clone_enter(op, op->arg[2]);
    }
    if (clone_outer_network(launch->plan))
        outer_network(launch->plan);
    nftables_apply(launch->plan);
    share_enter(launch, &errand->request.flags);
    errand->request.flags |= CLONE_PARENT;
    errand->request.signal = 0; /* the intermediate's own, SIGCHLD, is taken over */
    launch->child = sys_clone(&errand->request);
    if (launch->child == 0)
        become_child(errand);
    if (launch->child < 0)
        fail_errno("make", "the container's namespaces");
    if (!clone_joins(launch->plan, "mount")) /* else /proc here may be another's */
        maps_give(launch);
    return 0;
}

void clone_aside(int (*errand)(void *), void *data, int shared)
{
    char stack[96 << 10] __attribute__((aligned(16))); /* inside our own, where sanitizers expect one */
    int status = 0;
    pid_t pid;

    fail_aside(true);
    pid = clone(errand, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD | shared, data);
    fail_aside(false);
    if (pid < 0)
        fail_errno("start", "the intermediate process");
    while (waitpid(pid, &status, __WALL) < 0)
        if (errno != EINTR)
            fail_errno("wait for", "the intermediate process");
    if (status != 0)
        fail_told(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_TOOL);
}

/* Should: be called once, with every descriptor of the caller closed. Mustn't: leave the launcher in a namespace that
 * the container sees, except the kept user namespace it was told to join. */
void clone_child(struct launch *launch, int child_end, int progress_end)
{
    const struct plan *plan = launch->plan;
    bool joins = plan_find(plan, W_JOIN) != NULL;
    struct errand errand = {launch,
                            {.flags = clone_flags(plan), .cgroup = launch->cgroup, .signal = SIGCHLD},
                            child_end,
                            progress_end};

    if (launch->cgroup >= 0)
        errand.request.flags &= ~(uint64_t)CLONE_NEWCGROUP;
    launch->by_root = geteuid() == 0;
    if (launch->userns >= 0 && !launch->by_root) {
        fail_at(plan_find(plan, W_USERNS_JOIN));
        MUST(setns(launch->userns, CLONE_NEWUSER), "enter the user namespace", "that the session keeps");
    }
    launch->maps_own = launch->helper_count == 0 && maps_due(plan) && maps_by_child(plan); /* a keeper must find the ids mapped */
    share_prepare(launch);
    fail_at(plan_find(plan, W_USERNS_NEW));
    if (joins || plan_find(plan, W_SHARE) != NULL || plan_find(plan, W_NAMESPACE_JOIN) != NULL || clone_outer_network(plan) || root_joins(launch)) {
        clone_aside(intermediate, &errand, CLONE_FILES);
        outer_forget();
        if (!clone_joins(plan, "mount"))
            return;
    } else {
        launch->child = sys_clone(&errand.request);
        if (launch->child == 0)
            become_child(&errand);
        if (launch->child < 0)
            fail_errno("make", "the container's namespaces");
    }
    maps_give(launch);
}

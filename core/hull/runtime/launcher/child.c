/* The child's chronological list: from the clone to the program. */
#include "hull.h"
#include "share.h"

#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

static void await_maps(const struct launch *launch, int channel)
{
    if (!maps_due(launch->plan))
        return;
    if (launch->maps_own)
        maps_write_own(launch->plan);
    else
        channel_await(channel, NOTE_MAPPED);
}

/* The caller's ids may not be among the mapped ones (root starts as 0 and is mapped to none); what is made from here
 * on belongs to the container's root. */
static void become_root(const struct plan *plan)
{
    bool joined = plan_find(plan, W_JOIN) != NULL;

    if (!maps_asked(plan) && !joined)
        return;
    if (plan_find(plan, W_SETGROUPS_DENY) == NULL && (joined || maps_hold(plan, W_GID_MAP, 0)) && getuid() != 0)
        MUST(setgroups(0, NULL), "leave", "the caller's groups");
    if ((joined || maps_hold(plan, W_GID_MAP, 0)) && getgid() != 0)
        MUST(setresgid(0, 0, 0), "become", "the container's root group");
    if ((joined || maps_hold(plan, W_UID_MAP, 0)) && getuid() != 0)
        MUST(setresuid(0, 0, 0), "become", "the container's root");
}

/* Should: follow the last change of credentials, which clears the wish. Mustn't: miss a launcher that died before. */
static void die_with_launcher(int channel)
{
    struct pollfd hangup = {.fd = channel};

    MUST(prctl(PR_SET_PDEATHSIG, SIGKILL), "bind our life to", "the launcher's");
    if (poll(&hangup, 1, 0) > 0 && hangup.revents & (POLLHUP | POLLERR))
        _exit(EXIT_TOOL);
}

static _Noreturn void hold(const struct launch *launch, int channel)
{
    char ignored[512];
    ssize_t got;

    channel_send(channel, NOTE_READY, 0, -1);
    if (launch->helper_count > 0) {
        channel_await(channel, NOTE_GO);
        MUST(dprintf(STDOUT_FILENO, "%d\n", (int)getpid()), "say on standard output that", "the helpers are ready");
    }
    while ((got = read(STDIN_FILENO, ignored, sizeof ignored)) != 0)
        if (got < 0 && errno != EINTR)
            break;
    _exit(0);
}

static void build(struct launch *launch, int channel)
{
    const struct plan *plan = launch->plan;
    int root = root_make(plan, channel), terminal = STDIN_FILENO, slave = -1;

    mounts_apply(plan, root);
    fail_at(plan_find(plan, W_TERMINAL));
    if (launch->terminal == TERMINAL_PTY) {
        int master = pty_make(root);

        slave = terminal = pty_slave(master);
        channel_send(channel, NOTE_PTY, 0, master);
        close(master);
    }
    mounts_console(plan, root, terminal);
    streams_close(plan);
    root_enter(plan, root);
    launch->pty = slave;
}

static _Noreturn void start(struct launch *launch, int channel, int progress)
{
    int foreground = 0;
    pid_t program;

    share_begin(launch, channel);
    channel_send(channel, NOTE_READY, (int)launch->space, -1);
    if (supervise_holds(launch))
        foreground = channel_await(channel, NOTE_GO);
    if (launch->has_init) {
        if (plan_find(launch->plan, W_JOIN) != NULL) /* what a probe starts stays below its reaper */
            MUST(prctl(PR_SET_CHILD_SUBREAPER, 1), "become", "the reaper of what it starts");
        program = fork();
        if (program < 0)
            fail_errno("start", "the program's process");
        if (program > 0) {
            if (progress >= 0)
                close(progress);
            init_run(launch, channel, program);
        }
    }
    share_await_init(launch);
    terminal_adopt(launch, foreground);
    program_run(launch, progress);
}

_Noreturn void child_run(struct launch *launch, int channel, int progress)
{
    const struct plan *plan = launch->plan;

    fail_through(channel);
    program_forget_caller();
    umask(0);
    await_maps(launch, channel);
    become_root(plan);
    if (!share_has(plan, "pid")) /* else later, when it has nothing of the host's */
        MUST(prctl(PR_SET_DUMPABLE, 1), "show", "the container to its owner");
    die_with_launcher(channel);
    if (plan_find(plan, W_HOLD) != NULL)
        hold(launch, channel);
    if (plan_find(plan, W_HAND_OUT) != NULL)
        hand_out_run();
    if (launch->cgroup >= 0 && clone_flags(plan) & CLONE_NEWCGROUP)
        MUST(unshare(CLONE_NEWCGROUP), "make the namespace", "cgroup");
    if (clone_flags(plan) & CLONE_NEWNS)
        build(launch, channel);
    settings_apply(plan);
    scope_signals(plan);
    start(launch, channel, progress);
}

/* A second program in a running container: its namespaces are entered, nothing is made. */
_Noreturn void child_join(struct launch *launch, int channel, int progress)
{
    fail_through(channel);
    program_forget_caller();
    umask(0);
    become_root(launch->plan);
    die_with_launcher(channel);
    streams_close(launch->plan);
    if (launch->terminal == TERMINAL_PTY) {
        int root = MUST(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "open", "/"), master = pty_make(root);

        launch->pty = pty_slave(master);
        channel_send(channel, NOTE_PTY, 0, master);
        close(master);
        close(root);
    }
    start(launch, channel, progress);
}

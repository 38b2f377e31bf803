/* hull-launch: walk a plan, become the container's parent. See docs/ARCHITECTURE.md for what a plan is. */
#include "hull.h"
#include "share.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Dispositions and mask are inherited: shells leave SIGTSTP or SIGCHLD ignored, and we would lose children by it.
 * By the kernel's own call: libc's refuses the two signals it keeps for threads, and a caller may ignore those too. */
static void reset_signals(void)
{
    static const unsigned long usual[8]; /* the kernel's struct sigaction: SIG_DFL, no flags, an empty mask */
    sigset_t set;

    for (int signal = 1; signal < NSIG; signal++)
        syscall(SYS_rt_sigaction, signal, usual, NULL, (NSIG - 1) / 8); /* SIGKILL and SIGSTOP refuse, rightly */
    sigemptyset(&set);
    MUST(sigprocmask(SIG_SETMASK, &set, NULL), "unblock", "the signals");
}

/* A notebook's kernel can be killed without a word, and its children are in groups of their own: HULL_TIED is the
 * process id of a caller that this launcher must not outlive. */
static void tie_to_caller(void)
{
    const char *caller = getenv("HULL_TIED");

    if (caller == NULL)
        return;
    MUST(prctl(PR_SET_PDEATHSIG, SIGKILL), "bind our life to", "the caller's");
    if (text_must_number(caller, INT32_MAX, "it is not a process id") != (unsigned long long)getppid())
        _exit(EXIT_TOOL); /* died before we asked */
}

static void block_signals(void)
{
    static const int ours[] = {SIGTSTP, SIGTTIN, SIGTTOU, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};
    sigset_t set;

    sigfillset(&set);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        sigdelset(&set, ours[i]);
    MUST(sigprocmask(SIG_SETMASK, &set, NULL), "block", "the signals");
}

/* Whoever started us may have closed these: the first descriptor that we open must not become one of them. */
static void fill_standard(void)
{
    int fd;

    do
        fd = MUST(open("/dev/null", O_RDWR | O_CLOEXEC), "open", "/dev/null");
    while (fd <= STDERR_FILENO && fcntl(fd, F_SETFD, 0) == 0);
    close(fd);
}

/* Every descriptor above 2 that the plan did not name is closed: one left open is a way out (CVE-2024-21626). */
static void close_others(const struct launch *launch)
{
    int kept[5 + NAMESPACES_MAX + KEPT_MAX] = {launch->userns, launch->cgroup, status_descriptor(), launch->leash,
                                               fail_voice()};
    size_t joins = plan_number(launch->plan, W_NAMESPACE_JOIN);

    memcpy(kept + 5, launch->joins, joins * sizeof *kept);
    memcpy(kept + 5 + joins, launch->kept, launch->kept_count * sizeof *kept);
    MUST(sys_close_others(kept, 5 + joins + launch->kept_count), "close", "inherited descriptors");
}

static void make_child(struct launch *launch)
{
    int channel[2], progress[2];

    channel_make(channel);
    MUST(pipe2(progress, O_CLOEXEC), "make", "a pipe");
    launch->channel = channel[0];
    launch->progress = progress[0];
    clone_child(launch, channel[1], progress[1]);
    close(channel[1]);
    close(progress[1]);
    fail_at(NULL);
}

/* The program's readers and writers wait for the program, not for us. */
static void let_go(const struct launch *launch)
{
    int null;

    if (launch->terminal == TERMINAL_PTY)
        return;
    null = MUST(open("/dev/null", O_RDWR | O_CLOEXEC), "open", "/dev/null");
    MUST(dup2(null, STDIN_FILENO), "let go of", "standard input");
    MUST(dup2(null, STDOUT_FILENO), "let go of", "standard output");
    close(null);
}

static _Noreturn void finish(struct launch *launch, int code)
{
    const struct plan *plan = launch->plan;
    bool oom;

    fail_finishing(NULL);
    sweep_finish(launch);
    helpers_stop(launch);
    if (launch->aborted_by != 0) {
        code = 128 + launch->aborted_by;
        launch->killed_by = launch->aborted_by;
    }
    if (launch->leash != 0) { /* the monitor has the last bytes, and the last word */
        leash_ended(launch, code);
        _exit(code);
    }
    oom = cgroup_finish(plan);
    if (!launch->failed || launch->aborted_by != 0) {
        status_exit(code, launch->killed_by, oom);
        events_died(code, oom);
    }
    if (!launch->failed || code != EXIT_TOOL)
        finish_remove(launch);
    finish_then(launch, code);
    if (launch->killed_by == SIGINT && launch->terminal_interrupt)
        finish_by_interrupt();
    _exit(code);
}

int main(int argc, char **argv, char **environment)
{
    static struct launch launch;
    static struct plan plan;

    reset_signals();
    tie_to_caller();
    fill_standard();
    forward_alone(argc, argv);
    program_remember_caller(argc, argv, environment);
    plan_load(&plan, argc, argv);
    launch.plan = &plan;
    seal_self(&plan, argv, environment);
    events_open(&plan);
    if (monitor_asked(&plan))
        monitor_enter(&launch);
    status_open(launch.plan);
    clone_prepare(&launch);
    close_others(&launch);
    terminal_prepare(&launch);
    helpers_prepare(&launch);
    launch.has_init = plan_find(launch.plan, W_INIT) != NULL;
    launch.direct = !launch.has_init;
    mounts_open_sources(launch.plan);
    block_signals();
    fail_finishing(&launch);
    make_child(&launch);
    leash_tie(&launch);
    status_created(); /* while the child builds */
    helpers_start(&launch, -1);
    launch.announce = stand_in_announce(&launch);
    let_go(&launch);
    finish(&launch, supervise_run(&launch));
}

/* The keeper of a helper: root of the container's user namespace and pid 1 of a pid namespace of its own, in the
 * host's mount and network namespaces. When it dies, and it dies with the launcher, the kernel ends the helper and
 * whatever that has forked, wherever it has moved. */
#include "hull.h"

#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { FD_READY = 3, FD_EXIT, FD_FUSE, FD_NETWORK, FD_ASIDE = 32 };

struct keeper {
    struct launch *launch;
    struct helper *helper;
    int ready, hangup, log, fuse, network;
    char place[48]; /* how its helper finds the network namespace */
};

/* Whole word, or what follows an equals sign. */
static char *fill_in(const struct keeper *keeper, char *word)
{
    const struct launch *launch = keeper->launch;
    struct {
        const char *name;
        char value[48];
    } places[] = {{"@PID", ""}, {"@NETNS", ""}, {"@USERNS", ""}, {"@READY", ""}, {"@EXIT", ""}, {"@FUSE", ""}};
    char *equals = strchr(word, '='), *filled;
    const char *at = *word == '@' ? word : equals != NULL ? equals + 1 : word;

    snprintf(places[0].value, 48, "%d", (int)launch->child);
    snprintf(places[1].value, 48, "/proc/%d/ns/net", (int)launch->child);
    if (*keeper->place)
        memcpy(places[1].value, keeper->place, 48);
    snprintf(places[2].value, 48, "/proc/%d/ns/user", (int)launch->child);
    snprintf(places[3].value, 48, "%d", FD_READY);
    snprintf(places[4].value, 48, "%d", FD_EXIT);
    snprintf(places[5].value, 48, "/dev/fd/%d", FD_FUSE);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (strcmp(at, places[i].name) != 0)
            continue;
        if ((filled = malloc((size_t)(at - word) + 48)) == NULL)
            fail(EXIT_TOOL, ENOMEM, "start", "a helper", NULL);
        memcpy(filled, word, (size_t)(at - word));
        strcpy(filled + (at - word), places[i].value);
        return filled;
    }
    return word;
}

static void put_descriptor(int fd, int place)
{
    if (fd >= 0 && dup2(fd, place) < 0)
        _exit(EXIT_TOOL);
}

/* Leave nothing of the launcher's open: an end of a pipe that we held would hide the launcher's death. */
static void arrange_descriptors(struct keeper *keeper)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int *const ends[] = {&keeper->ready, &keeper->hangup, &keeper->log, &keeper->fuse, &keeper->network, &null};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (*ends[i] >= 0 && (*ends[i] = fcntl(*ends[i], F_DUPFD_CLOEXEC, FD_ASIDE)) < 0)
            _exit(EXIT_TOOL);
    put_descriptor(null, STDIN_FILENO);
    put_descriptor(null, STDOUT_FILENO);
    put_descriptor(keeper->log, STDERR_FILENO);
    put_descriptor(keeper->ready, FD_READY);
    put_descriptor(keeper->hangup, FD_EXIT);
    put_descriptor(keeper->fuse, FD_FUSE);
    put_descriptor(keeper->network, FD_NETWORK);
    sys_close_others((const int[]){FD_READY, FD_EXIT, keeper->fuse >= 0 ? FD_FUSE : -1,
                                   keeper->network >= 0 ? FD_NETWORK : -1}, 4);
}

/* Where nobody may look at the child, its helper looks at us, and we have the namespace open. */
static void show_network(struct keeper *keeper)
{
    char self[16] = "";

    if (keeper->network < 0)
        return;
    if (fcntl(FD_NETWORK, F_SETFD, FD_CLOEXEC) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0 ||
        readlink("/proc/self", self, sizeof self - 1) < 0)
        _exit(EXIT_TOOL);
    snprintf(keeper->place, sizeof keeper->place, "/proc/%s/fd/%d", self, FD_NETWORK);
}

static _Noreturn void execute(struct keeper *keeper)
{
    static char *const environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    char *words[HELPER_WORDS + 1];
    int count = 0;
    sigset_t none;

    for (const struct op *op = keeper->helper->op; op < keeper->helper->end && count < HELPER_WORDS; op++)
        if (op->word == W_HELPER_ARG)
            words[count++] = fill_in(keeper, op->arg[0]);
    words[count] = NULL;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (count > 0 && strcmp(words[0], FORWARD_WORD) == 0)
        forward_run(words + 1, count - 1);
    if (count > 0 && strcmp(words[0], RESOLVE_WORD) == 0)
        resolve_run(words + 1, count - 1);
    if (count > 0) {
        execvpe(words[0], words, environment);
        dprintf(STDERR_FILENO, "%s: %s\n", words[0], strerror(errno));
    }
    _exit(EXIT_NOT_FOUND);
}

static _Noreturn void keep(struct keeper *keeper)
{
    struct pollfd launcher = {.fd = FD_EXIT};
    bool by_exit = strcmp(keeper->helper->op->arg[1], "exit") == 0;
    int status, result = EXIT_TOOL;
    pid_t helper, pid;

    arrange_descriptors(keeper);
    if (keeper->launch->inside >= 0 && getuid() != 0 &&
        ((plan_find(keeper->launch->plan, W_SETGROUPS_DENY) == NULL && setgroups(0, NULL) < 0) ||
         setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
        _exit(EXIT_TOOL);
    prctl(PR_SET_NAME, "hull-keeper");
    show_network(keeper);
    setsid(); /* the terminal's signals are not for it, nor for the helper */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || poll(&launcher, 1, 0) != 0)
        _exit(EXIT_TOOL);
    if ((helper = fork()) == 0)
        execute(keeper);
    close(FD_EXIT);
    close(FD_FUSE);
    close(STDERR_FILENO);
    if (!by_exit)
        close(FD_READY);
    if (keeper->launch->leash != 0)
        settle_stack();
    while ((pid = waitpid(-1, &status, 0)) > 0 || errno == EINTR) {
        if (pid != helper)
            continue;
        result = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_TOOL;
        if (result != 0 || (by_exit && write(FD_READY, "", 1) < 0))
            break;
    }
    _exit(result);
}

static int start_aside(void *data)
{
    struct keeper *keeper = data;
    struct clone_request request = {.flags = CLONE_NEWPID | CLONE_PARENT, .cgroup = -1};

    /* An outer network namespace is entered by the root of the namespace that owns it, where the launcher is. */
    if (keeper->launch->inside >= 0 && (keeper->helper->wants_fuse || !clone_outer_network(keeper->launch->plan)))
        MUST(setns(keeper->launch->inside, CLONE_NEWUSER), "enter", "the container's user namespace");
    else if (keeper->launch->by_root && keeper->launch->userns >= 0)
        MUST(setns(keeper->launch->userns, CLONE_NEWUSER), "enter", "the kept user namespace");
    keeper->helper->keeper = MUST(sys_clone(&request), "start", keeper->helper->op->arg[0]);
    if (keeper->helper->keeper == 0)
        keep(keeper);
    return 0;
}

void keeper_start(struct launch *launch, struct helper *helper, int fuse)
{
    int ready[2], hangup[2], log[2];

    MUST(pipe2(ready, O_CLOEXEC), "make", "a pipe");
    MUST(pipe2(hangup, O_CLOEXEC), "make", "a pipe");
    MUST(pipe2(log, O_CLOEXEC), "make", "a pipe");
    helper->ready = ready[0];
    helper->hangup = hangup[1];
    helper->log = log[0];
    struct keeper keeper = {launch, helper, ready[1], hangup[0], log[1], fuse, launch->network, ""};

    clone_aside(start_aside, &keeper, 0);
    close(ready[1]);
    close(hangup[0]);
    close(log[1]);
}

/* The program's own process, from its birth to exec. */
#include "hull.h"
#include "share.h"

#include <linux/close_range.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static const struct {
    const char *name;
    int resource;
} LIMITS[] = {
    {"as", RLIMIT_AS},           {"core", RLIMIT_CORE},     {"cpu", RLIMIT_CPU},           {"data", RLIMIT_DATA},
    {"fsize", RLIMIT_FSIZE},     {"locks", RLIMIT_LOCKS},   {"memlock", RLIMIT_MEMLOCK},   {"msgqueue", RLIMIT_MSGQUEUE},
    {"nice", RLIMIT_NICE},       {"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC},       {"rss", RLIMIT_RSS},
    {"rtprio", RLIMIT_RTPRIO},   {"rttime", RLIMIT_RTTIME}, {"sigpending", RLIMIT_SIGPENDING}, {"stack", RLIMIT_STACK},
};

static rlim_t parse_limit(const char *text)
{
    if (strcmp(text, "-1") == 0 || strcmp(text, "unlimited") == 0)
        return RLIM_INFINITY;
    return (rlim_t)text_must_number(text, RLIM_INFINITY - 1, "it is not a limit");
}

static void set_limit(const struct op *op)
{
    struct rlimit limit = {parse_limit(op->arg[1]), parse_limit(op->arg[2])};

    for (size_t i = 0; i < sizeof LIMITS / sizeof *LIMITS; i++)
        if (strcmp(LIMITS[i].name, op->arg[0]) == 0) {
            MUST(setrlimit(LIMITS[i].resource, &limit), "set the limit", op->arg[0]);
            return;
        }
    fail(EXIT_TOOL, EINVAL, "set the limit", op->arg[0], "there is none of that name");
}

/* Below the root, never through /proc's links to descriptors, and proven by the kernel to be inside (CVE-2024-21626). */
static void enter_workdir(const char *path)
{
    char found[4096];
    int root = MUST(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "open", "/"), fd;

    if (*path != '/')
        fail(EXIT_TOOL, EINVAL, "start in", path, "it is not absolute");
    fd = place_make(root, path, true);
    MUST(fchdir(fd), "start in", path);
    if (syscall(SYS_getcwd, found, sizeof found) < 0 || *found != '/')
        fail(EXIT_TOOL, EPERM, "start in", path, "it is not inside the container");
    close(fd);
    close(root);
}

static char **environment_of(const struct plan *plan, const struct identity *who)
{
    static char home[300];
    char **environment = calloc(plan_number(plan, W_ENV) + 2, sizeof *environment);
    bool has_home = plan_find(plan, W_HOME) == NULL;
    size_t count = 0;

    if (environment == NULL)
        fail(EXIT_TOOL, ENOMEM, "prepare", "the environment", NULL);
    EACH_OF(op, plan, W_ENV) {
        environment[count++] = op->arg[0];
        has_home |= strncmp(op->arg[0], "HOME=", 5) == 0;
    }
    if (!has_home)
        environment[count++] = text_join(home, sizeof home, "HOME=", who->home, "");
    return environment;
}

static _Noreturn void refuse(const char *name, int error)
{
    int code = error == ENOENT || error == ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
    bool there = error == ENOENT && strchr(name, '/') != NULL && access(name, F_OK) == 0;

    if (error == E2BIG || error == ENOMEM)
        code = EXIT_TOOL;
    fail(code, error, "run", name, there ? "it is there, but its interpreter or loader is not" : NULL);
}

/* execvp's search, but by the container's PATH and with its reasons kept apart: not found is 127, refused is 126. */
static _Noreturn void execute(char **arguments, char **environment)
{
    const char *search = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", *name = arguments[0];
    char path[4096];
    int worst = ENOENT;

    if (strchr(name, '/') != NULL || *name == '\0') {
        execve(name, arguments, environment);
        refuse(name, errno);
    }
    for (char **e = environment; *e != NULL; e++)
        if (strncmp(*e, "PATH=", 5) == 0)
            search = *e + 5;
    for (const char *at = search; at != NULL; at = strchr(at, ':')) {
        size_t length;

        at += at != search;
        length = strcspn(at, ":");
        if (length + strlen(name) + 2 > sizeof path)
            continue;
        memcpy(path, at, length);
        text_join(path + length, sizeof path - length, length ? "/" : "", name, "");
        execve(path, arguments, environment);
        if (errno == EACCES || errno == ENOEXEC || errno == EISDIR || errno == ELIBBAD || errno == ETXTBSY)
            worst = errno;
        else if (errno != ENOENT && errno != ENOTDIR)
            refuse(name, errno);
        else if (errno == ENOENT && access(path, F_OK) == 0)
            refuse(path, ENOENT);
    }
    refuse(name, worst);
}

static void apply(const struct plan *plan)
{
    EACH(op, plan) {
        fail_at(op);
        if (op->word == W_RLIMIT)
            set_limit(op);
        else if (op->word == W_OOM_SCORE && !share_hides(plan))
            settings_oom_score(op->arg[0]);
        else if (op->word == W_WORKDIR)
            enter_workdir(op->arg[0]);
    }
}

/* Should: run as the container's root in a process that becomes the program. Mustn't: open anything after
 * confine_become that the program could not open itself, leave a descriptor above 2, or return. */
_Noreturn void program_run(struct launch *launch, int progress)
{
    const struct plan *plan = launch->plan;
    const struct op *umask_op = plan_find(plan, W_UMASK);
    struct identity who;
    char **environment, **arguments;
    sigset_t none;

    apply(plan);
    identity_find(plan, &who);
    own_apply(plan, &who);
    environment = environment_of(plan, &who);
    umask(umask_op ? (mode_t)strtoul(umask_op->arg[0], NULL, 8) & 0777 : 022);
    MUST(syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC), "mark", "the descriptors");
    confine_bounding(plan);
    confine_become(plan, &who);
    sigemptyset(&none);
    MUST(sigprocmask(SIG_SETMASK, &none, NULL), "unblock", "the signals");
    arguments = words_find(plan);
    stand_in_streams(plan);
    if (progress >= 0)
        MUST(write(progress, "", 1), "tell", "the launcher");
    confine_filter(plan);
    stand_in_run(plan, arguments, environment);
    fail_at(plan_find(plan, W_ARG));
    execute(arguments, environment);
}

static struct {
    char *start, *end;
} caller;

/* The strings that the kernel shows as /proc/PID/cmdline and /proc/PID/environ lie in one piece. */
void program_remember_caller(int argc, char **argv, char **environment)
{
    char *end = argc > 0 ? argv[argc - 1] + strlen(argv[argc - 1]) + 1 : NULL;

    for (char **e = environment; *e != NULL; e++)
        if (*e == end)
            end += strlen(*e) + 1;
    caller.start = argc > 0 ? argv[0] : NULL;
    caller.end = end;
}

const char *program_caller(void)
{
    return caller.start;
}

/* Pid 1 inside is a copy of the launcher: what its caller had in arguments and environment is none of the container's
 * business (CVE-2021-3602). */
void program_forget_caller(void)
{
    static const char name[] = "hull-init";
    size_t room = (size_t)(caller.end - caller.start);

    prctl(PR_SET_NAME, name);
    memset(caller.start, 0, room);
    if (room > sizeof name)
        memcpy(caller.start, name, sizeof name);
}

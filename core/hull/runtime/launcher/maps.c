/* Which ids of the parent namespace stand behind the ids inside. */
#include "hull.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { MAP_TEXT = 8192, MAP_EXTENTS = 340 }; /* the kernel's own limits: a page, 340 extents */

bool maps_hold(const struct plan *plan, enum word word, unsigned long long inside)
{
    EACH_OF(op, plan, word) {
        unsigned long long first = text_must_number(op->arg[0], UINT32_MAX, "it is not an id");
        unsigned long long count = text_must_number(op->arg[2], UINT32_MAX, "it is not a number of ids");

        if (inside >= first && inside - first < count)
            return true;
    }
    return false;
}

bool maps_asked(const struct plan *plan)
{
    return (plan_find(plan, W_USERNS_NEW) != NULL || plan_find(plan, W_SHARE) != NULL) &&
           plan_find(plan, W_UID_MAP) != NULL;
}

bool maps_due(const struct plan *plan)
{
    return maps_asked(plan) && plan_find(plan, W_SHARE) == NULL;
}

static bool maps_one(const struct plan *plan, enum word word, const char *own)
{
    const struct op *op = plan_find(plan, word);

    return plan_number(plan, word) == 1 && strcmp(op->arg[2], "1") == 0 && strcmp(op->arg[1], own) == 0;
}

/* The kernel lets a process map its own id and nothing else: then no helper, no launcher and no waiting is needed. */
bool maps_by_child(const struct plan *plan)
{
    char uid[16], gid[16];

    snprintf(uid, sizeof uid, "%u", geteuid());
    snprintf(gid, sizeof gid, "%u", getegid());
    return plan_find(plan, W_MAP_HELPERS) == NULL && plan_find(plan, W_SETGROUPS_DENY) != NULL &&
           plan_find(plan, W_CGROUP) == NULL && maps_one(plan, W_UID_MAP, uid) && maps_one(plan, W_GID_MAP, gid);
}

static void write_file(const char *process, const char *name, const char *text)
{
    char path[64];
    int fd;

    snprintf(path, sizeof path, "/proc/%s/%s", process, name);
    fd = MUST(open(path, O_WRONLY | O_CLOEXEC), "open", path);
    MUST(write(fd, text, strlen(text)), "write", path);
    close(fd);
}

void maps_write_directly(const struct plan *plan, const char *process)
{
    static const struct {
        enum word word;
        const char *file;
    } maps[] = {{W_GID_MAP, "gid_map"}, {W_UID_MAP, "uid_map"}};
    char text[MAP_TEXT];

    if (plan_find(plan, W_SETGROUPS_DENY) != NULL)
        write_file(process, "setgroups", "deny");
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        size_t used = 0;

        EACH_OF(op, plan, maps[i].word) {
            fail_at(op);
            used += (size_t)snprintf(text + used, sizeof text - used, "%.10s %.10s %.10s\n", op->arg[0], op->arg[1],
                                     op->arg[2]);
            if (used >= sizeof text - 40)
                fail(EXIT_TOOL, E2BIG, "write", maps[i].file, "it has more extents than a page holds");
        }
        if (used > 0)
            write_file(process, maps[i].file, text);
    }
}

void maps_write_own(const struct plan *plan)
{
    maps_write_directly(plan, "self");
}

struct writer {
    const char *program;
    pid_t pid;
    int words;
};

static struct writer spawn_writer(const struct plan *plan, const char *program, enum word word, char *process)
{
    static char *words[3 + 3 * MAP_EXTENTS] ROOMY;
    struct writer writer = {.program = program};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    int pipe_ends[2], error, count = 0;

    words[count++] = (char *)(uintptr_t)program;
    words[count++] = process;
    EACH_OF(op, plan, word) {
        if (count + 3 >= (int)(sizeof words / sizeof *words))
            fail(EXIT_TOOL, E2BIG, "write the id map with", program, "it has too many extents");
        for (int i = 0; i < 3; i++)
            words[count++] = op->arg[i];
    }
    words[count] = NULL;
    MUST(pipe2(pipe_ends, O_CLOEXEC), "make", "a pipe");
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, pipe_ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, pipe_ends[1], STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    if ((error = posix_spawn(&writer.pid, program, &files, &attributes, words, (char *[]){NULL})) != 0)
        fail(EXIT_TOOL, error, "run", program, NULL);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    close(pipe_ends[1]);
    writer.words = pipe_ends[0];
    return writer;
}

static void await_writer(const struct writer *writer)
{
    char text[400], *line;
    size_t used = 0;
    ssize_t got;
    int status = 0;

    while ((got = read(writer->words, text + used, sizeof text - 1 - used)) != 0)
        if (got > 0)
            used += (size_t)got;
        else if (errno != EINTR)
            break;
    text[used] = '\0';
    close(writer->words);
    while (waitpid(writer->pid, &status, 0) < 0)
        if (errno != EINTR)
            fail_errno("wait for", writer->program);
    if (status == 0)
        return;
    if ((line = strchr(text, '\n')) != NULL)
        *line = '\0';
    fail(EXIT_TOOL, 0, "write the id map with", writer->program, used ? text : "it failed without a word");
}

/* The two helpers are set-uid programs and cost more than all mounts together: run them side by side. */
static void maps_write(const struct launch *launch)
{
    const struct op *helpers = plan_find(launch->plan, W_MAP_HELPERS);
    char process[16];

    snprintf(process, sizeof process, "%d", (int)launch->child);
    if (helpers == NULL) {
        maps_write_directly(launch->plan, process);
        return;
    }
    fail_at(helpers);
    if (plan_find(launch->plan, W_SETGROUPS_DENY) != NULL)
        write_file(process, "setgroups", "deny");
    struct writer uids = spawn_writer(launch->plan, helpers->arg[0], W_UID_MAP, process);
    struct writer gids = spawn_writer(launch->plan, helpers->arg[1], W_GID_MAP, process);

    await_writer(&uids);
    await_writer(&gids);
}

/* Needed for what must be done inside later: helpers, and removing what mapped ids own. */
static void open_inside(struct launch *launch)
{
    char path[64];

    if (plan_find(launch->plan, W_USERNS_NEW) == NULL ||
        (launch->helper_count == 0 && plan_find(launch->plan, W_REMOVE) == NULL))
        return;
    text_join(path, sizeof path, "/proc/", text_decimal((unsigned)launch->child), "/ns/user");
    launch->inside = MUST(open(path, O_RDONLY | O_CLOEXEC), "open", path);
}

/* The namespace is opened before the child hears of its maps: it then changes its ids, and for a moment the kernel lets
 * nobody look at it. */
void maps_give(struct launch *launch)
{
    bool ours = maps_due(launch->plan) && !launch->maps_own;

    if (ours)
        maps_write(launch);
    open_inside(launch);
    if (ours)
        channel_send(launch->channel, NOTE_MAPPED, 0, -1);
    fail_at(NULL);
}

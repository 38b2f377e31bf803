/* The plan's reader. It fails closed: whatever is not exactly a plan is refused before anything was done. */
#include "hull.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
    const char *word;
    int arguments;
    enum stage stage;
} TABLE[W_COUNT] = {
    /* The rows stand in the order of `enum word`. */
    {"id", 1, STAGE_PREPARE},
    {"status", 1, STAGE_PREPARE},
    {"events", 2, STAGE_PREPARE},
    {"volume", 2, STAGE_PREPARE},
    {"monitor", 1, STAGE_MONITOR},
    {"input", 0, STAGE_MONITOR},
    {"attach", 2, STAGE_MONITOR},
    {"client", 2, STAGE_MONITOR},
    {"log", 4, STAGE_MONITOR},
    {"restart", 2, STAGE_MONITOR},
    {"stop", 2, STAGE_MONITOR},
    {"health", 5, STAGE_MONITOR},
    {"health-arg", 1, STAGE_MONITOR},
    {"cgroup", 1, STAGE_PREPARE},
    {"userns-join", 1, STAGE_IDENTITY},
    {"userns-new", 0, STAGE_IDENTITY},
    {"uid-map", 3, STAGE_IDENTITY},
    {"gid-map", 3, STAGE_IDENTITY},
    {"map-helpers", 2, STAGE_IDENTITY},
    {"setgroups-deny", 0, STAGE_IDENTITY},
    {"hold", 0, STAGE_IDENTITY},
    {"hand-out", 0, STAGE_IDENTITY},
    {"namespace", 1, STAGE_NAMESPACES},
    {"namespace-join", 2, STAGE_NAMESPACES},
    {"keep", 1, STAGE_NAMESPACES},
    {"join", 3, STAGE_NAMESPACES},
    {"share", 3, STAGE_NAMESPACES},
    {"nftables", 1, STAGE_NAMESPACES},
    {"unreachable", 1, STAGE_NAMESPACES},
    {"helper", 2, STAGE_HELPERS},
    {"helper-arg", 1, STAGE_HELPERS},
    {"helper-request", 2, STAGE_HELPERS},
    {"root-overlay", 2, STAGE_MOUNTS},
    {"lower", 1, STAGE_MOUNTS},
    {"lower-fuse", 1, STAGE_MOUNTS},
    {"root-bind", 1, STAGE_MOUNTS},
    {"root-fuse", 0, STAGE_MOUNTS},
    {"root-readonly", 0, STAGE_MOUNTS},
    {"mount", 4, STAGE_MOUNTS},
    {"fill", 2, STAGE_MOUNTS},
    {"fill-below", 3, STAGE_MOUNTS},
    {"bind", 3, STAGE_MOUNTS},
    {"bind-below", 4, STAGE_MOUNTS},
    {"overlay", 5, STAGE_MOUNTS},
    {"device", 2, STAGE_MOUNTS},
    {"symlink", 2, STAGE_MOUNTS},
    {"mkdir", 2, STAGE_MOUNTS},
    {"mask", 1, STAGE_MOUNTS},
    {"readonly", 1, STAGE_MOUNTS},
    {"hostname", 1, STAGE_SETTINGS},
    {"domainname", 1, STAGE_SETTINGS},
    {"sysctl", 2, STAGE_SETTINGS},
    {"loopback", 0, STAGE_SETTINGS},
    {"signals-inside", 0, STAGE_SETTINGS},
    {"init", 0, STAGE_SETTINGS},
    {"rlimit", 3, STAGE_PROGRAM},
    {"oom-score", 1, STAGE_PROGRAM},
    {"user", 1, STAGE_PROGRAM},
    {"group", 1, STAGE_PROGRAM},
    {"own", 1, STAGE_PROGRAM},
    {"umask", 1, STAGE_PROGRAM},
    {"capabilities", 2, STAGE_PROGRAM},
    {"no-new-privileges", 0, STAGE_PROGRAM},
    {"seccomp", 1, STAGE_PROGRAM},
    {"workdir", 1, STAGE_PROGRAM},
    {"env", 1, STAGE_PROGRAM},
    {"home", 0, STAGE_PROGRAM},
    {"terminal", 1, STAGE_PROGRAM},
    {"stream", 3, STAGE_PROGRAM},
    {"streams-closed", 0, STAGE_PROGRAM},
    {"arg", 1, STAGE_PROGRAM},
    {"glob", 2, STAGE_PROGRAM},
    {"stand-in", 1, STAGE_PROGRAM},
    {"remove", 1, STAGE_FINISH},
    {"remove-volume", 1, STAGE_FINISH},
    {"remove-untouched", 1, STAGE_FINISH},
    {"then", 1, STAGE_FINISH},
};

const char *plan_word(enum word word)
{
    return TABLE[word].word;
}

static char *next_word(char **at, char *end)
{
    char *word = *at;
    char *stop = word < end ? memchr(word, '\0', (size_t)(end - word)) : NULL;

    if (stop == NULL)
        return NULL;
    *at = stop + 1;
    return word;
}

static int find_word(const char *word)
{
    for (int i = 0; i < W_COUNT; i++)
        if (*TABLE[i].word == *word && strcmp(TABLE[i].word, word) == 0)
            return i;
    return -1;
}

/* `bytes` stays with the plan: the ops point into it. */
const char *plan_parse(struct plan *plan, char *bytes, size_t size)
{
    char *at = bytes, *end = bytes + size, *word;
    size_t room = 0;

    *plan = (struct plan){.bytes = bytes, .size = size};
    if ((word = next_word(&at, end)) == NULL || strcmp(word, "hull-plan") != 0)
        return "it does not begin with hull-plan";
    if ((word = next_word(&at, end)) == NULL || strcmp(word, "1") != 0)
        return "it is not of version 1";
    while ((word = next_word(&at, end)) != NULL && strcmp(word, "end") != 0) {
        int row = find_word(word);

        if (row < 0)
            return "it holds an unknown word";
        if (plan->count == room) {
            struct op *grown = realloc(plan->ops, (room = room ? room * 2 : 128) * sizeof *grown);

            if (grown == NULL)
                return "there is no memory for it";
            plan->ops = grown;
        }
        plan->ops[plan->count] = (struct op){.word = (enum word)row};
        for (int i = 0; i < TABLE[row].arguments; i++)
            if ((plan->ops[plan->count].arg[i] = next_word(&at, end)) == NULL)
                return "an argument is missing";
        plan->count++;
    }
    if (word == NULL)
        return "its end is missing";
    return at == end ? NULL : "something follows its end";
}

const struct op *plan_find(const struct plan *plan, enum word word)
{
    EACH_OF(op, plan, word)
        return op;
    return NULL;
}

bool plan_is_pty(const struct plan *plan)
{
    const struct op *op = plan_find(plan, W_TERMINAL);

    return op != NULL && (strcmp(op->arg[0], "tty") == 0 || strcmp(op->arg[0], "pty") == 0);
}

size_t plan_number(const struct plan *plan, enum word word)
{
    size_t number = 0;

    EACH_OF(op, plan, word)
        number++;
    return number;
}

static int open_plan(int argc, char **argv, const char **name)
{
    const char *number = getenv("HULL_PLAN_FD");

    if (argc == 3 && strcmp(argv[1], "--plan") == 0) {
        *name = argv[2];
        return MUST(open(*name, O_RDONLY | O_CLOEXEC), "open the plan", *name);
    }
    *name = "HULL_PLAN_FD";
    if (number == NULL)
        fail(EXIT_TOOL, 0, "start", "hull-launch", "there is no plan: set HULL_PLAN_FD, or give --plan FILE");
    return (int)text_must_number(number, 1 << 20, *name);
}

/* The descriptor stays open until every inherited one is closed: seal.c may have to read it again. */
void plan_load(struct plan *plan, int argc, char **argv)
{
    const char *name, *wrong;
    int fd = open_plan(argc, argv, &name);
    struct stat found;
    char *bytes;
    size_t size, used = 0;

    MUST(fstat(fd, &found), "read the plan", name);
    if (!S_ISREG(found.st_mode) || found.st_size <= 0 || found.st_size > PLAN_MAX)
        fail(EXIT_TOOL, 0, "read the plan", name, "it is not a file of 1 to 4194304 bytes");
    size = (size_t)found.st_size;
    if ((bytes = malloc(size)) == NULL)
        fail(EXIT_TOOL, ENOMEM, "read the plan", name, NULL);
    while (used < size) {
        ssize_t got = pread(fd, bytes + used, size - used, (off_t)used);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            fail(EXIT_TOOL, got < 0 ? errno : 0, "read the plan", name, got < 0 ? NULL : "it is cut short");
        used += (size_t)got;
    }
    if ((wrong = plan_parse(plan, bytes, size)) != NULL)
        fail(EXIT_TOOL, 0, "follow the plan", name, wrong);
    fail_saving(plan);
}

/* How the mirror's process comes to be, and what it gives up before it serves. */
#include "mirror.h"

#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

enum { FD_SOCKET = 3, FD_ASIDE = 32, WORDS = 3 };

static _Noreturn void mirror_fail(const char *verb, const char *object)
{
    dprintf(STDERR_FILENO, "cannot %s %s: %s\n", verb, object, strerror(errno));
    _exit(EXIT_TOOL);
}

static void arrange_descriptors(int socket, int log)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if ((socket = fcntl(socket, F_DUPFD_CLOEXEC, FD_ASIDE)) < 0 || (log = fcntl(log, F_DUPFD_CLOEXEC, FD_ASIDE)) < 0 ||
        dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 ||
        dup2(socket, FD_SOCKET) < 0 || sys_close_range(FD_SOCKET + 1, ~0U) < 0)
        _exit(EXIT_TOOL);
}

/* Must follow the last change of credentials, which clears the wish. */
static void die_with(pid_t launcher)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        mirror_fail("bind its life to", "the launcher's");
    if (getppid() != launcher)
        _exit(EXIT_TOOL);
}

static bool find_outside(const struct idmap *map, uint32_t inside, uint32_t *outside)
{
    for (size_t i = 0; i < map->count; i++)
        if (inside >= map->extents[i].inside && inside - map->extents[i].inside < map->extents[i].length) {
            *outside = map->extents[i].outside + (inside - map->extents[i].inside);
            return true;
        }
    return false;
}

/* Root serves as who the container's root is on the host; nobody keeps a capability. */
static void become_small(const struct mirror *mirror)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {0};
    uint32_t uid, gid;

    if (geteuid() == 0) {
        if (!find_outside(&mirror->uids, 0, &uid) || !find_outside(&mirror->gids, 0, &gid)) {
            errno = ENODATA;
            mirror_fail("become", "the container's root");
        }
        if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
            mirror_fail("become", "the container's root");
    }
    if (syscall(SYS_capset, &header, none) < 0)
        mirror_fail("give up", "capabilities");
}

static void raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* The one word behind `hull-mirror @FUSE`. */
static const char *find_root(const struct helper *helper)
{
    const char *words[WORDS] = {NULL};
    size_t count = 0;

    for (const struct op *op = helper->op; op < helper->end; op++)
        if (op->word == W_HELPER_ARG && count++ < WORDS)
            words[count - 1] = op->arg[0];
    return count == WORDS ? words[WORDS - 1] : NULL;
}

static _Noreturn void run(const struct helper *helper, pid_t launcher)
{
    static struct mirror mirror ROOMY;
    const char *root = find_root(helper);
    struct message message = {0};
    int fuse;

    setsid(); /* the terminal's signals are not for it */
    prctl(PR_SET_NAME, "hull-mirror");
    die_with(launcher);
    raise_limit();
    if (root == NULL)
        errno = EINVAL;
    if (root == NULL || chdir("/") < 0)
        mirror_fail("understand", "the mirror's words");
    if (mirror_open(&mirror, root) < 0)
        mirror_fail("mirror", root);
    if (!channel_try_receive(FD_SOCKET, &message, &fuse) || fuse < 0)
        _exit(EXIT_TOOL); /* the launcher ends */
    close(FD_SOCKET);
    if (ids_load(&mirror.uids, message.value, "uid_map") < 0 || ids_load(&mirror.gids, message.value, "gid_map") < 0)
        mirror_fail("read", "the container's id maps");
    become_small(&mirror);
    die_with(launcher);
    mirror_attach(&mirror, fuse);
    mirror_serve(&mirror);
}

bool mirror_is(const struct helper *helper)
{
    const struct op *name = helper->op + 1;

    return name < helper->end && name->word == W_HELPER_ARG && strcmp(name->arg[0], MIRROR_WORD) == 0;
}

/* Words: `hull-mirror @FUSE ROOT`. */
void mirror_start(struct helper *helper)
{
    pid_t launcher = getpid();
    int log[2], socket[2];

    fail_at(helper->op);
    MUST(pipe2(log, O_CLOEXEC), "make", "a pipe");
    channel_make(socket);
    helper->keeper = MUST(fork(), "start", helper->op->arg[0]);
    if (helper->keeper == 0) {
        arrange_descriptors(socket[1], log[1]);
        run(helper, launcher);
    }
    close(log[1]);
    close(socket[1]);
    helper->log = log[0];
    helper->mirror = socket[0];
    fail_at(NULL);
}

void mirror_give(const struct launch *launch, struct helper *helper, int fuse)
{
    channel_send(helper->mirror, NOTE_FUSE, launch->child, fuse);
    close(helper->mirror);
    helper->mirror = -1;
}

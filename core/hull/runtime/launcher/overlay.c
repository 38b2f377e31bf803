/* The overlay: layers below, the container's own changes above. */
#include "hull.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS_MOST = 500, NAME_ROOM = 32, VALUE_MOST = 255 };

/* fsconfig takes 255 bytes and mount(2) a page for all: a descriptor's name is short, and holds nothing to escape. */
static const char *short_name(const char *path, char *room)
{
    int fd = MUST(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), "open the layer", path);

    snprintf(room, NAME_ROOM, "/proc/self/fd/%d", fd);
    return room;
}

static const char *plain_or_short(const char *path, char *room)
{
    return strlen(path) <= VALUE_MOST && strpbrk(path, ":,\\") == NULL ? path : short_name(path, room);
}

static int set(int fs, const char *key, const char *path)
{
    char room[NAME_ROOM];

    return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, plain_or_short(path, room), 0);
}

static bool is_lower(const struct op *op)
{
    return op->word == W_LOWER || op->word == W_LOWER_FUSE;
}

#define EACH_LOWER(each, plan, op)                                                                                     \
    for (const struct op *each = (op) + 1; each < (plan)->ops + (plan)->count && is_lower(each); each++)

static size_t count_lowers(const struct plan *plan, const struct op *op)
{
    size_t count = 0;

    EACH_LOWER(lower, plan, op)
        count++;
    return count;
}

static bool is_written(const struct op *op)
{
    return *op->arg[0] != '\0';
}

/* What the plan removes at the end need never reach the disk: then neither fsync inside nor the unmount waits for it.
 * The kernel marks such a work directory as used up; a repeated start of the same plan begins by taking the mark away. */
static bool is_passing(const struct plan *plan, const struct op *op)
{
    static const char *const marks[] = {"/work/incompat/volatile/dirty", "/work/incompat/volatile", "/work/incompat"};
    char path[4096];

    if (!is_written(op))
        return false;
    EACH_OF(removed, plan, W_REMOVE) {
        size_t length = strlen(removed->arg[0]);

        if (strncmp(op->arg[0], removed->arg[0], length) != 0 ||
            (op->arg[0][length] != '/' && op->arg[0][length] != '\0'))
            continue;
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
            if (remove(text_join(path, sizeof path, op->arg[1], marks[i], "")) < 0 && errno == ENOENT)
                break;
        return true;
    }
    return false;
}

/* Kernels before 6.5 collect any word and judge it when the mount is made, in the log of the machine. */
static bool takes_any_word(int fs)
{
    return sys_fsconfig(fs, FSCONFIG_SET_FLAG, "no-such-word", NULL, 0) == 0;
}

/* Layers by the dozen have no room in one option string: newer kernels take them one by one. */
static int make_by_words(const struct plan *plan, const struct op *op)
{
    int fs = MUST(sys_fsopen("overlay"), "open the file system", "overlay"), mount;

    if (takes_any_word(fs)) {
        close(fs);
        return -1;
    }
    if (sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", "overlay", 0) < 0)
        fail_errno("configure", "overlay");
    EACH_LOWER(lower, plan, op)
        if (set(fs, "lowerdir+", lower->arg[0]) < 0) {
            if (errno == EINVAL && lower == op + 1) {
                close(fs);
                return -1;
            }
            fail_errno("use the layer", lower->arg[0]);
        }
    if (is_written(op)) {
        MUST(set(fs, "upperdir", op->arg[0]), "use the upper directory", op->arg[0]);
        MUST(set(fs, "workdir", op->arg[1]), "use the work directory", op->arg[1]);
    }
    if ((is_passing(plan, op) && sys_fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0) ||
        sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0 ||
        sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
        fail_errno("mount overlay with the upper directory", op->arg[0]);
    mount = MUST(sys_fsmount(fs, 0), "mount", "overlay");
    close(fs);
    return mount;
}

/* Older kernels: one string, kept short by descriptors' names. Descriptors are of no use after the mount.
 *
 * mount(2) wants a place, and there is none but "/", where ".." sees what covers it. It must not stay there: what
 * covers the old root goes in its stead when that is left, and whoever enters the namespace later finds the host. */
static int make_by_string(const struct plan *plan, const struct op *op)
{
    static char value[LAYERS_MOST * NAME_ROOM] ROOMY;
    char room[NAME_ROOM];
    size_t used = 0;
    int fs = MUST(sys_fsopen("overlay"), "open the file system", "overlay"), mount;

    close(fs);
    used += (size_t)snprintf(value, sizeof value, "%suserxattr", is_passing(plan, op) ? "volatile," : "");
    if (is_written(op)) {
        used += (size_t)snprintf(value + used, sizeof value - used, ",upperdir=%s", short_name(op->arg[0], room));
        used += (size_t)snprintf(value + used, sizeof value - used, ",workdir=%s", short_name(op->arg[1], room));
    }
    used += (size_t)snprintf(value + used, sizeof value - used, ",lowerdir=");
    EACH_LOWER(lower, plan, op)
        used += (size_t)snprintf(value + used, sizeof value - used, "%s%s", value[used - 1] == '=' ? "" : ":",
                                 short_name(lower->arg[0], room));
    if (used >= 4095)
        fail(EXIT_TOOL, E2BIG, "mount overlay with the upper directory", op->arg[0],
             "this kernel takes at most a page of layers");
    MUST(sys_mount("overlay", "/", "overlay", 0, value), "mount overlay with the upper directory", op->arg[0]);
    mount = MUST(sys_open_tree(AT_FDCWD, "/..", OPEN_TREE_CLONE), "open", "the overlay");
    MUST(sys_umount("/.."), "take away", "the overlay's first mount");
    return mount;
}

/* `lower` rows name the layers from the highest to the lowest. */
int overlay_make(const struct plan *plan, const struct op *op)
{
    size_t layers = count_lowers(plan, op);
    int mount;

    if (layers == 0 || layers > LAYERS_MOST)
        fail(EXIT_TOOL, EINVAL, "mount overlay with the upper directory", op->arg[0], "it takes 1 to 500 layers");
    mount = make_by_words(plan, op);
    return mount >= 0 ? mount : make_by_string(plan, op);
}

/* Detached mounts, made complete before anything can see them, and their attachment by descriptor. */
#include "hull.h"

#include <string.h>
#include <sys/stat.h>

static const struct {
    const char *word;
    uint64_t attribute, propagation;
} FLAGS[] = {
    {"ro", MOUNT_ATTR_RDONLY, 0},   {"nosuid", MOUNT_ATTR_NOSUID, 0},   {"nodev", MOUNT_ATTR_NODEV, 0},
    {"noexec", MOUNT_ATTR_NOEXEC, 0}, {"noatime", MOUNT_ATTR_NOATIME, 0}, {"private", 0, MS_PRIVATE},
    {"rprivate", 0, MS_PRIVATE},    {"slave", 0, MS_SLAVE},             {"rslave", 0, MS_SLAVE},
    {"shared", 0, MS_SHARED},       {"rshared", 0, MS_SHARED},          {"rec", 0, 0},
    {"rw", 0, 0},                   {"optional", 0, 0},                   {"suid", 0, 0},
    {"dev", 0, 0},                  {"exec", 0, 0},                       {"ro-top", 0, 0},
    {"copy-up", 0, 0},              {"idmap", 0, 0},
};

static uint64_t collect(const char *flags, bool propagation)
{
    uint64_t sum = 0;

    for (const char *at = flags; *at;) {
        size_t length = strcspn(at, ","), i;

        for (i = 0; i < sizeof FLAGS / sizeof *FLAGS; i++)
            if (strlen(FLAGS[i].word) == length && strncmp(FLAGS[i].word, at, length) == 0)
                break;
        if (i == sizeof FLAGS / sizeof *FLAGS)
            fail(EXIT_TOOL, EINVAL, "understand the mount flags", flags, NULL);
        sum |= propagation ? FLAGS[i].propagation : FLAGS[i].attribute;
        at += length + (at[length] == ',');
    }
    return sum;
}

uint64_t attach_attributes(const char *flags)
{
    return collect(flags, false);
}

uint64_t attach_propagation(const char *flags)
{
    return collect(flags, true);
}

static int configure(int fs, const char *options)
{
    char copy[1024], *save, *value;

    text_join(copy, sizeof copy, options, "", "");
    for (char *key = strtok_r(copy, ",", &save); key != NULL; key = strtok_r(NULL, ",", &save)) {
        if ((value = strchr(key, '=')) != NULL)
            *value++ = '\0';
        if (sys_fsconfig(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0) < 0)
            return -1;
    }
    return sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

int attach_new(const char *type, const char *flags, const char *options)
{
    int fs = sys_fsopen(type), mount = -1, error;

    if (fs < 0)
        return -1;
    if (sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", type, 0) == 0 && configure(fs, options) == 0)
        mount = sys_fsmount(fs, (unsigned)(attach_attributes(flags) &
                                           ~(text_has(flags, "copy-up") ? (uint64_t)MOUNT_ATTR_RDONLY : 0)));
    error = errno;
    close(fs);
    errno = error;
    return mount;
}

/* `ro-top`: what is mounted below the mount stays as writable as it is. */
static int set_attributes(int mount, const char *flags)
{
    bool recursive = text_has(flags, "rec"), top = text_has(flags, "ro-top");
    uint64_t propagation = attach_propagation(flags), attributes = attach_attributes(flags);

    if (propagation == 0)
        propagation = MS_PRIVATE;
    if (sys_mount_setattr(mount, recursive, top ? attributes & ~(uint64_t)MOUNT_ATTR_RDONLY : attributes,
                          propagation) < 0)
        return -1;
    return top ? sys_mount_setattr(mount, false, attributes & MOUNT_ATTR_RDONLY, 0) : 0;
}

/* A bind. What the source mount locks (nosuid, ro …) the kernel keeps: attributes are only ever added. */
int attach_clone(int from, const char *path, const char *flags)
{
    int mount = sys_open_tree(from, path, OPEN_TREE_CLONE | (text_has(flags, "rec") ? AT_RECURSIVE : 0) |
                                              (*path ? 0 : AT_EMPTY_PATH));

    if (mount < 0)
        return -1;
    if (set_attributes(mount, flags) < 0) {
        int error = errno;

        close(mount);
        errno = error;
        return -1;
    }
    return mount;
}

/* Takes both descriptors. */
void attach_to(int mount, int target, const char *name)
{
    if (sys_move_mount(mount, target) < 0)
        fail_errno("mount on the container's", name);
    close(mount);
    close(target);
}

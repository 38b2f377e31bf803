/* Where a node lies on the host: found by its names, link by link, from the root's descriptor.
 *
 * Should: cross mounts, as whoever looks at the host does. Mustn't: follow a link, not even one that was a directory a
 * moment ago: the place that it leads to may be hidden inside; nor open a device, a socket or a pipe.
 */
#include "mirror.h"

#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

/* Put the node's path, from the root or from an ancestor where there is no room for more, before `at`. */
static const struct node *write_path(const struct mirror *mirror, const struct node *node, char *room, size_t *at)
{
    for (; node != mirror->tree.root; node = node->parent) {
        size_t length = strlen(node->name);

        if (length + 1 > *at)
            break;
        if (room[*at] != '\0')
            room[--*at] = '/';
        memcpy(room + (*at -= length), node->name, length);
    }
    return node;
}

int place_node(const struct mirror *mirror, const struct node *node, const char *name, int flags)
{
    char room[PATH_MAX];
    size_t at = sizeof room - 1, length = name != NULL ? strlen(name) : 0;
    int base, fd, error;

    room[at] = '\0';
    if (length > 0)
        memcpy(room + (at -= length), name, length);
    node = write_path(mirror, node, room, &at);
    base = mirror->root;
    if (node != mirror->tree.root && (base = place_node(mirror, node, NULL, O_PATH | O_DIRECTORY)) < 0)
        return -1;
    fd = sys_openat2(base, room[at] ? room + at : ".", flags | O_NOFOLLOW, 0,
                     RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    error = errno;
    if (base != mirror->root)
        close(base);
    errno = error;
    return fd;
}

/* What is mounted below an automounter's node. One that would have to be asked for is not there: who names it inside
 * would reach outside, where a map of hosts makes it a question to the network. */
int place_mounted(const struct mirror *mirror, const struct node *node, const char *name)
{
    struct open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    int base = place_node(mirror, node, NULL, O_PATH), fd;
    bool asks = true;

    if (base < 0)
        return -1;
    place_is_kernels(base, &asks); /* what was mounted on it since asks nobody */
    how.resolve |= asks ? RESOLVE_CACHED : 0;
    fd = (int)syscall(SYS_openat2, base, name, &how, sizeof how);
    close(base);
    if (fd < 0)
        errno = ENOENT;
    return fd;
}

/* What may have become a device since the kernel looked is looked at before it is opened. */
int place_read(const struct mirror *mirror, const struct node *node, bool directory, struct stat *found)
{
    int place = place_node(mirror, node, NULL, O_PATH), fd = -1, error;
    char self[64];

    if (place < 0)
        return -1;
    if (fstat(place, found) == 0) {
        if (directory ? !S_ISDIR(found->st_mode) : !S_ISREG(found->st_mode)) {
            errno = ESTALE;
        } else if (directory) {
            fd = openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        } else {
            snprintf(self, sizeof self, "/proc/self/fd/%d", place);
            fd = sys_openat2(AT_FDCWD, self, O_RDONLY | O_NOCTTY | (found->st_uid == mirror->uid ? O_NOATIME : 0), 0, 0);
            if (fd < 0 && errno == EPERM) /* somebody else's after all */
                fd = sys_openat2(AT_FDCWD, self, O_RDONLY | O_NOCTTY, 0, 0);
        }
    }
    error = errno;
    close(place);
    errno = error;
    return fd;
}

/* The kernel's own file systems tell of the server itself and of every process of its user. */
bool place_is_kernels(int fd, bool *automounts)
{
    static const unsigned long kinds[] = {
        PROC_SUPER_MAGIC,   SYSFS_MAGIC,      CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC,
        SECURITYFS_MAGIC,   DEBUGFS_MAGIC,    TRACEFS_MAGIC,      BPF_FS_MAGIC,        EFIVARFS_MAGIC,
        BINFMTFS_MAGIC,     PSTOREFS_MAGIC,   NSFS_MAGIC,         SELINUX_MAGIC,       0x62656570 /* configfs */,
        HUGETLBFS_MAGIC,    0x65735543 /* fusectl */, 0x19800202 /* mqueue */, 0x67596969 /* rpc_pipefs */};
    struct statfs found;

    if (fstatfs(fd, &found) < 0)
        return true;
    *automounts = (unsigned long)found.f_type == AUTOFS_SUPER_MAGIC;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if ((unsigned long)found.f_type == kinds[i])
            return true;
    return false;
}

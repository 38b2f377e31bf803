/* What the kernel is told of a file, and for how long it may believe it.
 *
 * Names are believed for an hour: the kernel's overlay cannot go on with a name that it has to drop, while a file that
 * is gone, or that is another one, is found out by the next question about it. Attributes are believed the shorter the
 * later the file was changed, as NFS does it. Whatever was believed is proved when the file is opened (mirror_file.c):
 * a copy that is made of it is never made by an old size.
 */
#include "mirror.h"

#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>

enum { NAME_SECONDS = 3600, LEAST_SECONDS = 5, MOST_SECONDS = 60, AGE_PART = 10, TICKS = 20 /* ms */ };

int64_t mirror_clock(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Since the file was changed, in ms. */
static int64_t find_age(const struct stat *found)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return ((int64_t)now.tv_sec - found->st_ctim.tv_sec) * 1000 + (now.tv_nsec - found->st_ctim.tv_nsec) / 1000000;
}

uint64_t attr_seconds(const struct stat *found)
{
    int64_t age = find_age(found) / 1000 / AGE_PART;

    return age < LEAST_SECONDS ? LEAST_SECONDS : age > MOST_SECONDS ? MOST_SECONDS : (uint64_t)age;
}

static struct told describe(const struct stat *found)
{
    return (struct told){
        .settled = find_age(found) > TICKS,
        .type = found->st_mode & S_IFMT,
        .device = found->st_dev,
        .inode = found->st_ino,
        .size = (uint64_t)found->st_size,
        .modified = found->st_mtim,
        .changed = found->st_ctim,
        .at = mirror_clock(),
    };
}

void attr_tell(struct node *node, const struct stat *found)
{
    node->told = describe(found);
}

void attr_cache(struct node *node, const struct stat *found)
{
    node->cached = describe(found);
}

bool attr_is_told(const struct told *told, const struct stat *found)
{
    return told->device == found->st_dev && told->inode == found->st_ino && told->size == (uint64_t)found->st_size &&
           memcmp(&told->modified, &found->st_mtim, sizeof told->modified) == 0 &&
           memcmp(&told->changed, &found->st_ctim, sizeof told->changed) == 0;
}

/* One number space for many file systems: programs take equal ones for one file. */
static uint64_t inode_number(struct mirror *mirror, const struct stat *found)
{
    size_t i = 0;

    while (i < mirror->device_count && mirror->devices[i] != found->st_dev)
        i++;
    if (i == mirror->device_count && i < sizeof mirror->devices / sizeof *mirror->devices)
        mirror->devices[mirror->device_count++] = found->st_dev;
    return found->st_ino ^ (uint64_t)i << 56;
}

static bool in_group(const struct mirror *mirror, gid_t gid)
{
    for (int i = 0; i < mirror->group_count; i++)
        if (mirror->groups[i] == gid)
            return true;
    return gid == mirror->gid;
}

/* The mode alone tells of most files; the kernel is asked of the others. */
static bool is_readable(const struct mirror *mirror, const struct stat *found, int directory, const char *name)
{
    if (found->st_mode & S_IROTH && ((found->st_mode & 0440) == 0440 ||
                                     (found->st_uid != mirror->uid && !in_group(mirror, found->st_gid))))
        return true;
    return syscall(SYS_faccessat2, directory, name, R_OK, *name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH) == 0;
}

void attr_fill(struct mirror *mirror, struct fuse_attr *attr, const struct stat *found, int directory, const char *name)
{
    bool shown = !S_ISREG(found->st_mode) || found->st_size == 0 || is_readable(mirror, found, directory, name);

    *attr = (struct fuse_attr){
        .ino = inode_number(mirror, found),
        .size = shown ? (uint64_t)found->st_size : 0,
        .blocks = shown ? (uint64_t)found->st_blocks : 0,
        .atime = (uint64_t)found->st_atim.tv_sec,
        .mtime = (uint64_t)found->st_mtim.tv_sec,
        .ctime = (uint64_t)found->st_ctim.tv_sec,
        .atimensec = (uint32_t)found->st_atim.tv_nsec,
        .mtimensec = (uint32_t)found->st_mtim.tv_nsec,
        .ctimensec = (uint32_t)found->st_ctim.tv_nsec,
        .mode = found->st_mode,
        .nlink = (uint32_t)found->st_nlink,
        .uid = ids_inside(&mirror->uids, found->st_uid),
        .gid = ids_inside(&mirror->gids, found->st_gid),
        .rdev = (uint32_t)(minor(found->st_rdev) & 0xff) | major(found->st_rdev) << 8 |
                (uint32_t)(minor(found->st_rdev) & ~0xffU) << 12,
        .blksize = (uint32_t)found->st_blksize,
    };
}

static void attr_stand_in(struct mirror *mirror, struct node *node, struct fuse_attr *attr, const struct stat *found)
{
    if (S_ISREG(found->st_mode) && attr->size == 0 && found->st_size > 0)
        attr->size = shadow_size(mirror, node);
}

/* What a directory shows. Of a mount's top the file system decides: nothing of the kernel's own is shown, and of an
 * automounter's only what is mounted. It is looked at, not entered: that would be the wish to have it mounted. */
static void find_bounds(struct node *node, const struct stat *found, const struct node *parent, int directory,
                        const char *name)
{
    int fd = directory;

    node->blind = node->automounts = false;
    if (!S_ISDIR(found->st_mode))
        return;
    if (found->st_dev == parent->device) {
        node->blind = parent->automounts;
        return;
    }
    if (*name && (fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC)) < 0) {
        node->blind = true;
        return;
    }
    node->blind = place_is_kernels(fd, &node->automounts);
    if (fd != directory)
        close(fd);
}

/* `directory` is the parent's descriptor, or -1 where there is none. 0, or an errno below zero. */
int attr_enter(struct mirror *mirror, struct node *parent, const char *name, int directory, struct fuse_entry_out *out)
{
    int fd = directory >= 0        ? directory
             : parent->automounts ? place_mounted(mirror, parent, name)
                                  : place_node(mirror, parent, name, O_PATH);
    const char *rest = directory < 0 ? "" : name;
    struct stat found;
    struct node *node = NULL;
    int error = 0;

    if (fd < 0)
        return errno == EACCES || errno == ENOTDIR || errno == ELOOP ? -ENOENT : -errno;
    if (fstatat(fd, rest, &found, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT) < 0)
        error = errno == EACCES ? -ENOENT : -errno;
    else if ((node = tree_enter(&mirror->tree, parent, name)) == NULL)
        error = -ENOMEM;
    if (node != NULL) {
        *out = (struct fuse_entry_out){
            .nodeid = node->id, .entry_valid = NAME_SECONDS, .attr_valid = attr_seconds(&found)};
        node->device = found.st_dev;
        find_bounds(node, &found, parent, fd, rest);
        attr_fill(mirror, &out->attr, &found, fd, rest);
        attr_stand_in(mirror, node, &out->attr, &found);
        attr_tell(node, &found);
    }
    if (fd != directory)
        close(fd);
    return error;
}

int attr_lookup(struct mirror *mirror, const struct request *request)
{
    struct node *parent = tree_find(&mirror->tree, request->header->nodeid);
    const char *name = request->body;
    size_t length = strnlen(name, request->size);
    struct fuse_entry_out out;
    int error;

    if (length == 0 || length >= request->size || memchr(name, '/', length) != NULL || strcmp(name, ".") == 0 ||
        strcmp(name, "..") == 0)
        return -EINVAL;
    if (length > MIRROR_NAME)
        return -ENAMETOOLONG;
    if (parent->blind)
        return -ENOENT;
    if ((error = attr_enter(mirror, parent, name, -1, &out)) < 0)
        return error;
    return mirror_answer(mirror, request, 0, &out, sizeof out);
}

int attr_get(struct mirror *mirror, const struct request *request)
{
    struct node *node = tree_find(&mirror->tree, request->header->nodeid);
    struct fuse_attr_out out = {0};
    struct stat found;
    int open = file_asked(mirror, node, request), fd = open >= 0 ? open : place_node(mirror, node, NULL, O_PATH);
    int error = 0;

    if (fd < 0)
        return errno == EACCES || errno == ELOOP || errno == ENOTDIR ? -ENOENT : -errno;
    if (fstat(fd, &found) < 0)
        error = -errno;
    else if (node->told.type != 0 && node->told.type != (found.st_mode & S_IFMT))
        error = -ESTALE;
    if (error == 0 && node->parent != NULL && found.st_dev != node->device) { /* mounted, or not any more */
        node->device = found.st_dev;
        find_bounds(node, &found, node->parent, fd, "");
    }
    if (error == 0) {
        out.attr_valid = attr_seconds(&found);
        attr_fill(mirror, &out.attr, &found, fd, "");
        attr_stand_in(mirror, node, &out.attr, &found);
        attr_tell(node, &found);
    }
    if (fd != open)
        close(fd);
    return error < 0 ? error : mirror_answer(mirror, request, 0, &out, sizeof out);
}

/* What is asked of a node beside its attributes and content. */
#include "mirror.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

enum { LIST_MOST = 64 << 10 };

int extra_readlink(struct mirror *mirror, const struct request *request)
{
    int fd = place_node(mirror, tree_find(&mirror->tree, request->header->nodeid), NULL, O_PATH);
    ssize_t got = fd < 0 ? -1 : readlinkat(fd, "", mirror->reply, PATH_MAX);
    int error = errno;

    if (fd >= 0)
        close(fd);
    if (got < 0)
        return -error;
    return mirror_answer(mirror, request, 0, mirror->reply, (size_t)got);
}

/* The users' own, without the marks of an overlay: ours reads those of its layers. */
static bool is_shown(const char *name)
{
    return strncmp(name, "user.", 5) == 0 && strncmp(name, "user.overlay.", 13) != 0;
}

/* Links, devices and what is gone have none. Takes 64 bytes for the path by which the file is asked. */
static int open_for_xattr(const struct mirror *mirror, const struct request *request, char *self)
{
    int fd = place_node(mirror, tree_find(&mirror->tree, request->header->nodeid), NULL, O_PATH);
    struct stat found;

    if (fd >= 0 && (fstat(fd, &found) < 0 || (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode)))) {
        close(fd);
        return -1;
    }
    if (fd >= 0)
        snprintf(self, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static int answer_xattr(struct mirror *mirror, const struct request *request, uint32_t room, size_t size)
{
    const struct fuse_getxattr_out out = {.size = (uint32_t)size};

    if (room == 0)
        return mirror_answer(mirror, request, 0, &out, sizeof out);
    return size > room ? -ERANGE : mirror_answer(mirror, request, 0, mirror->reply, size);
}

int extra_get_xattr(struct mirror *mirror, const struct request *request)
{
    const struct fuse_getxattr_in *in = (const void *)request->body;
    const char *name = request->body + sizeof *in;
    size_t left = request->size - sizeof *in;
    ssize_t got = -1;
    char self[64];
    int fd;

    if (strnlen(name, left) == left)
        return -EINVAL;
    if (!is_shown(name) || (fd = open_for_xattr(mirror, request, self)) < 0)
        return -ENODATA;
    got = getxattr(self, name, mirror->reply, LIST_MOST);
    close(fd);
    return got < 0 ? -ENODATA : answer_xattr(mirror, request, in->size, (size_t)got);
}

int extra_list_xattr(struct mirror *mirror, const struct request *request)
{
    const struct fuse_getxattr_in *in = (const void *)request->body;
    char self[64], *list = mirror->reply;
    int fd = open_for_xattr(mirror, request, self);
    ssize_t got = -1;
    size_t used = 0;

    if (fd >= 0) {
        got = listxattr(self, list, LIST_MOST);
        close(fd);
    }
    for (size_t at = 0, length; got > 0 && at < (size_t)got; at += length) {
        length = strlen(list + at) + 1;
        if (is_shown(list + at)) {
            memmove(list + used, list + at, length);
            used += length;
        }
    }
    return answer_xattr(mirror, request, in->size, used);
}

int extra_statfs(struct mirror *mirror, const struct request *request)
{
    struct fuse_statfs_out out = {0};
    struct statfs found;

    if (fstatfs(mirror->root, &found) < 0)
        return -errno;
    out.st = (struct fuse_kstatfs){
        .blocks = found.f_blocks,
        .bfree = found.f_bfree,
        .bavail = found.f_bavail,
        .files = found.f_files,
        .ffree = found.f_ffree,
        .bsize = (uint32_t)found.f_bsize,
        .namelen = MIRROR_NAME,
        .frsize = (uint32_t)found.f_frsize,
    };
    return mirror_answer(mirror, request, 0, &out, sizeof out);
}

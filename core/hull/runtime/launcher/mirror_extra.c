/* What is asked of a node beside its attributes and content. */
#include "mirror.h"

#include <limits.h>
#include <sys/vfs.h>

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

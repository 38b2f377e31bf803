/* Open files of the mirror. */
#include "mirror.h"

#include <stdlib.h>

enum { HANDLES_FIRST = 64, HANDLES_MOST = 1 << 20, LATELY = 100 /* ms */ };

/* Good until the next one is opened. */
struct handle *file_handle(const struct mirror *mirror, uint64_t number)
{
    return number < mirror->handle_room && mirror->handles[number].node != NULL ? &mirror->handles[number] : NULL;
}

/* An open file is what it was, whatever has its name now, as long as the pages that the kernel holds are its: its
 * descriptor, where a question for attributes is about it; else -1. */
int file_asked(const struct mirror *mirror, const struct node *node, const struct request *request)
{
    const struct fuse_getattr_in *in = (const void *)request->body;
    const struct handle *handle;

    if (request->size < sizeof *in || !(in->getattr_flags & FUSE_GETATTR_FH) ||
        (handle = file_handle(mirror, in->fh)) == NULL || handle->node != node || handle->stands_in)
        return -1;
    return handle->device == node->cached.device && handle->inode == node->cached.inode ? handle->fd : -1;
}

static bool find_place(struct mirror *mirror, size_t *place)
{
    size_t room = mirror->handle_room, larger = room ? room * 2 : HANDLES_FIRST;
    struct handle *grown;

    for (*place = mirror->first_free; *place < room; ++*place)
        if (mirror->handles[*place].node == NULL)
            return true;
    if (larger > HANDLES_MOST || (grown = realloc(mirror->handles, larger * sizeof *grown)) == NULL)
        return false;
    for (size_t i = room; i < larger; i++)
        grown[i] = (struct handle){.fd = -1};
    mirror->handles = grown;
    mirror->handle_room = larger;
    return true;
}

/* Takes the descriptor. 0, or an errno below zero. */
int file_keep(struct mirror *mirror, struct node *node, int fd, const struct stat *found, uint64_t *number)
{
    size_t place;

    if (!find_place(mirror, &place)) {
        if (fd >= 0)
            close(fd);
        return -ENFILE;
    }
    mirror->handles[place] = (struct handle){.fd = fd, .node = node};
    if (fd >= 0) {
        mirror->handles[place].device = found->st_dev;
        mirror->handles[place].inode = found->st_ino;
    }
    node->handles++;
    mirror->first_free = place + 1;
    *number = place;
    return 0;
}

/* What the kernel believes of a file is proved: where that is old, it is to look again before it goes on. Once: a file
 * that changes all the time is taken as it is right after a look. */
static bool is_believed_wrongly(struct mirror *mirror, struct node *node, const struct stat *found)
{
    bool wrong = !attr_is_told(&node->told, found), again = node->refused && mirror_clock() - node->told.at < LATELY;

    if (wrong)
        mirror_stale(mirror, node->id);
    node->refused = wrong && !again;
    return node->refused;
}

/* What the kernel holds of the content is good while the file is the one it was read from. */
int file_open(struct mirror *mirror, const struct request *request)
{
    struct node *node = tree_find(&mirror->tree, request->header->nodeid);
    const struct fuse_open_in *in = (const void *)request->body;
    struct fuse_open_out out = {0};
    struct stat found;
    int fd, error;
    bool stands_in;

    if ((in->flags & O_ACCMODE) != O_RDONLY)
        return -EROFS;
    fd = place_read(mirror, node, false, &found);
    if (fd < 0 && errno != EACCES)
        return errno == ELOOP || errno == ENOTDIR ? -ENOENT : -errno;
    if (fd >= 0 && (fstat(fd, &found) < 0 || is_believed_wrongly(mirror, node, &found))) {
        close(fd);
        return -ESTALE;
    }
    if (fd >= 0 && node->cached.settled && attr_is_told(&node->cached, &found))
        out.open_flags = FOPEN_KEEP_CACHE;
    stands_in = fd < 0;
    if (stands_in)
        fd = shadow_open(mirror, node, &found);
    if ((error = file_keep(mirror, node, fd, &found, &out.fh)) < 0)
        return error;
    mirror->handles[out.fh].stands_in = stands_in;
    if (fd >= 0)
        attr_cache(node, &found);
    return mirror_answer(mirror, request, 0, &out, sizeof out);
}

/* One page cache serves all who opened the node: it must not be filled from a file that was replaced since. */
int file_read(struct mirror *mirror, const struct request *request)
{
    const struct fuse_read_in *in = (const void *)request->body;
    struct handle *handle = file_handle(mirror, in->fh);
    size_t size = in->size < MIRROR_REPLY ? in->size : MIRROR_REPLY, used = 0;
    ssize_t got;

    if (handle == NULL || handle->entries != NULL)
        return -EBADF;
    if (handle->fd < 0)
        return mirror_answer(mirror, request, 0, NULL, 0);
    if (handle->device != handle->node->cached.device || handle->inode != handle->node->cached.inode)
        return -ESTALE;
    while (used < size && in->offset <= INT64_MAX - used) {
        got = pread(handle->fd, mirror->reply + used, size - used, (off_t)(in->offset + used));
        if (got < 0 && errno != EINTR)
            return -errno;
        if (got == 0)
            break;
        used += got > 0 ? (size_t)got : 0;
    }
    return mirror_answer(mirror, request, 0, mirror->reply, used);
}

/* Holes stay holes in what is copied. */
int file_seek(struct mirror *mirror, const struct request *request)
{
    const struct fuse_lseek_in *in = (const void *)request->body;
    const struct handle *handle = file_handle(mirror, in->fh);
    struct fuse_lseek_out out;
    off_t at;

    if (handle == NULL || (in->whence != SEEK_DATA && in->whence != SEEK_HOLE))
        return -EINVAL;
    if (handle->fd < 0)
        return -ENXIO;
    if ((at = lseek(handle->fd, (off_t)in->offset, (int)in->whence)) < 0)
        return -errno;
    out.offset = (uint64_t)at;
    return mirror_answer(mirror, request, 0, &out, sizeof out);
}

void file_drop(struct mirror *mirror, uint64_t number)
{
    struct handle handle = mirror->handles[number];

    mirror->handles[number] = (struct handle){.fd = -1};
    if (number < mirror->first_free)
        mirror->first_free = number;
    tree_release(&mirror->tree, handle.node);
    if (handle.fd >= 0)
        close(handle.fd);
    free(handle.entries);
}

int file_release(struct mirror *mirror, const struct request *request)
{
    const struct fuse_release_in *in = (const void *)request->body;

    if (file_handle(mirror, in->fh) == NULL)
        return -EBADF;
    file_drop(mirror, in->fh);
    return mirror_answer(mirror, request, 0, NULL, 0);
}

/* Directories of the mirror: the host's own entries and offsets. */
#include "mirror.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

enum { ENTRIES_ROOM = 32 << 10 };

struct entry { /* the kernel's struct linux_dirent64 */
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

/* What may not be read is empty, so is what would have to be mounted first; the kernel may keep the list while the
 * directory is as it was. */
int directory_open(struct mirror *mirror, const struct request *request)
{
    struct node *node = tree_find(&mirror->tree, request->header->nodeid);
    struct fuse_open_out out = {.open_flags = FOPEN_CACHE_DIR};
    struct stat found;
    int fd = -1, error;

    if (!node->blind && (fd = place_read(mirror, node, true, &found)) < 0 && errno != EACCES &&
        !(node->automounts && errno == ENOENT))
        return errno == ELOOP || errno == ENOTDIR ? -ENOENT : -errno;
    if (fd >= 0 && node->cached.settled && attr_is_told(&node->cached, &found))
        out.open_flags |= FOPEN_KEEP_CACHE;
    if ((error = file_keep(mirror, node, fd, &found, &out.fh)) < 0)
        return error;
    if (fd >= 0)
        attr_cache(node, &found);
    return mirror_answer(mirror, request, 0, &out, sizeof out);
}

static bool is_dots(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/* The next entry of the host's, or NULL: the end, or an error where errno is not 0. */
static const struct entry *next_entry(struct handle *handle)
{
    long got;

    errno = 0;
    if (handle->at >= handle->used) {
        if (handle->entries == NULL && (handle->entries = malloc(ENTRIES_ROOM)) == NULL)
            return NULL;
        got = syscall(SYS_getdents64, handle->fd, handle->entries, ENTRIES_ROOM);
        handle->at = handle->used = 0;
        if (got <= 0)
            return NULL;
        handle->used = (size_t)got;
    }
    return (const void *)(handle->entries + handle->at);
}

/* Bytes written; 0: there is no room. */
static size_t put(struct mirror *mirror, const struct handle *handle, const struct entry *entry, bool plus, char *at,
                  size_t room)
{
    size_t length = strlen(entry->name), head = plus ? FUSE_NAME_OFFSET_DIRENTPLUS : FUSE_NAME_OFFSET;
    size_t size = FUSE_DIRENT_ALIGN(head + length);
    struct fuse_entry_out out = {0};
    struct fuse_dirent *dirent = (void *)(at + head - FUSE_NAME_OFFSET);

    if (size > room)
        return 0;
    if (plus && !is_dots(entry->name) && attr_enter(mirror, handle->node, entry->name, handle->fd, &out) < 0)
        out = (struct fuse_entry_out){0}; /* gone since: the name alone */
    memset(at, 0, size);
    if (plus)
        memcpy(at, &out, sizeof out);
    dirent->ino = out.nodeid != 0 ? out.attr.ino : entry->inode;
    dirent->off = (uint64_t)entry->offset;
    dirent->namelen = (uint32_t)length;
    dirent->type = entry->type;
    memcpy(at + head, entry->name, length);
    return size;
}

int directory_read(struct mirror *mirror, const struct request *request)
{
    const struct fuse_read_in *in = (const void *)request->body;
    bool plus = request->header->opcode == FUSE_READDIRPLUS;
    struct handle *handle = file_handle(mirror, in->fh);
    size_t room = in->size < MIRROR_REPLY ? in->size : MIRROR_REPLY, used = 0;
    const struct entry *entry;

    if (handle == NULL)
        return -EBADF;
    if (handle->fd < 0)
        return mirror_answer(mirror, request, 0, NULL, 0);
    if ((int64_t)in->offset != handle->next) {
        if (lseek(handle->fd, (off_t)in->offset, SEEK_SET) < 0)
            return -errno;
        handle->at = handle->used = 0;
    }
    while ((entry = next_entry(handle)) != NULL) {
        size_t size = put(mirror, handle, entry, plus, mirror->reply + used, room - used);

        if (size == 0)
            break;
        used += size;
        handle->next = entry->offset;
        handle->at += entry->size;
    }
    if (entry == NULL && errno != 0 && used == 0)
        return -errno;
    if (used == 0)
        handle->next = (int64_t)in->offset;
    return mirror_answer(mirror, request, 0, mirror->reply, used);
}

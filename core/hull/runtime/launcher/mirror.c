/* The mirror's chronological list, its one loop, and who answers what.
 *
 * Theory of operation. The server must see the host's ids as they are, so it is made before the launcher enters
 * anything, and waits on a socket for /dev/fuse and the container's process. It dies with the launcher, and it ends by
 * itself when the mount is gone. Where root starts a container, whose root is a stranger on the host, it becomes that
 * stranger first: nothing is shown that the container's root could not read.
 */
#include "mirror.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

enum { READ_AHEAD = 1 << 20, WRITE_LEAST = 4096 };

int mirror_answer(struct mirror *mirror, const struct request *request, int error, const void *data, size_t size)
{
    struct fuse_out_header header = {
        .len = (uint32_t)(sizeof header + size), .error = error, .unique = request->header->unique};
    struct iovec parts[] = {{&header, sizeof header}, {(void *)(uintptr_t)data, size}};

    if (writev(mirror->fuse, parts, size > 0 ? 2 : 1) >= 0 || errno == ENOENT) /* the asker was interrupted, is gone */
        return 0;
    if (errno == ENODEV)
        mirror->ended = true;
    else if (size > 0) /* whoever asks must not wait for ever */
        return mirror_answer(mirror, request, -EIO, NULL, 0);
    return 0;
}

/* Attributes only: to drop pages is to wait for a page that only we can fill. */
void mirror_stale(struct mirror *mirror, uint64_t node)
{
    struct {
        struct fuse_out_header header;
        struct fuse_notify_inval_inode_out inode;
    } note = {{.len = sizeof note, .error = FUSE_NOTIFY_INVAL_INODE}, {.ino = node, .off = -1}};

    if (write(mirror->fuse, &note, sizeof note) < 0 && errno == ENODEV)
        mirror->ended = true;
}

static int begin(struct mirror *mirror, const struct request *request)
{
    const struct fuse_init_in *in = (const void *)request->body;
    struct fuse_init_out out = {
        .major = FUSE_KERNEL_VERSION,
        .minor = FUSE_KERNEL_MINOR_VERSION,
        .max_readahead = READ_AHEAD,
        .max_background = 32,
        .congestion_threshold = 24,
        .max_write = WRITE_LEAST,
        .time_gran = 1,
        .max_pages = (uint16_t)(MIRROR_REPLY / sysconf(_SC_PAGESIZE)), /* more would be cut, which says: it ends here */
    };

    if (in->major != FUSE_KERNEL_VERSION || in->minor < 31)
        return -EPROTO;
    out.flags = in->flags & (FUSE_ASYNC_READ | FUSE_PARALLEL_DIROPS | FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO |
                             FUSE_AUTO_INVAL_DATA | FUSE_MAX_PAGES);
    return mirror_answer(mirror, request, 0, &out, sizeof out);
}

static int forget(struct mirror *mirror, const struct request *request)
{
    const struct fuse_forget_in *in = (const void *)request->body;

    tree_forget(&mirror->tree, tree_find(&mirror->tree, request->header->nodeid), in->nlookup);
    return 0;
}

static int forget_many(struct mirror *mirror, const struct request *request)
{
    const struct fuse_batch_forget_in *in = (const void *)request->body;
    const struct fuse_forget_one *one = (const void *)(in + 1);
    size_t most = (request->size - sizeof *in) / sizeof *one;

    for (size_t i = 0; i < in->count && i < most; i++) {
        struct node *node = tree_find(&mirror->tree, one[i].nodeid);

        if (node != NULL)
            tree_forget(&mirror->tree, node, one[i].nlookup);
    }
    return 0;
}

static int end(struct mirror *mirror, const struct request *request)
{
    return mirror_answer(mirror, request, 0, NULL, 0);
}

/* What is not here is ENOSYS, which the kernel asks once: extended attributes, too. The overlay asks every regular file
 * for a mark of its own, which doubles the cost of finding one, to carry what no system file has.
 *
 * `least` bytes follow the header; `names`: the node must be one that we gave out. */
static const struct {
    uint32_t opcode, least;
    bool names;
    int (*act)(struct mirror *, const struct request *);
    int error;
} ACTS[] = {
    {FUSE_LOOKUP, 2, true, attr_lookup, 0},
    {FUSE_GETATTR, 0, true, attr_get, 0},
    {FUSE_OPEN, sizeof(struct fuse_open_in), true, file_open, 0},
    {FUSE_READ, sizeof(struct fuse_read_in), false, file_read, 0},
    {FUSE_RELEASE, sizeof(struct fuse_release_in), false, file_release, 0},
    {FUSE_FORGET, sizeof(struct fuse_forget_in), true, forget, 0},
    {FUSE_BATCH_FORGET, sizeof(struct fuse_batch_forget_in), false, forget_many, 0},
    {FUSE_OPENDIR, sizeof(struct fuse_open_in), true, directory_open, 0},
    {FUSE_READDIR, sizeof(struct fuse_read_in), false, directory_read, 0},
    {FUSE_READDIRPLUS, sizeof(struct fuse_read_in), false, directory_read, 0},
    {FUSE_RELEASEDIR, sizeof(struct fuse_release_in), false, file_release, 0},
    {FUSE_READLINK, 0, true, extra_readlink, 0},
    {FUSE_STATFS, 0, false, extra_statfs, 0},
    {FUSE_LSEEK, sizeof(struct fuse_lseek_in), false, file_seek, 0},
    {FUSE_INIT, sizeof(uint32_t) * 4, false, begin, 0},
    {FUSE_DESTROY, 0, false, end, 0},
    {FUSE_INTERRUPT, 0, false, NULL, 0},
    {FUSE_IOCTL, 0, false, NULL, ENOTTY}, /* the overlay takes that for: there are no such flags */
    {FUSE_SETATTR, 0, false, NULL, EROFS},
    {FUSE_SYMLINK, 0, false, NULL, EROFS},
    {FUSE_MKNOD, 0, false, NULL, EROFS},
    {FUSE_MKDIR, 0, false, NULL, EROFS},
    {FUSE_UNLINK, 0, false, NULL, EROFS},
    {FUSE_RMDIR, 0, false, NULL, EROFS},
    {FUSE_RENAME, 0, false, NULL, EROFS},
    {FUSE_RENAME2, 0, false, NULL, EROFS},
    {FUSE_LINK, 0, false, NULL, EROFS},
    {FUSE_WRITE, 0, false, NULL, EROFS},
    {FUSE_CREATE, 0, false, NULL, EROFS},
    {FUSE_SETXATTR, 0, false, NULL, EROFS},
    {FUSE_REMOVEXATTR, 0, false, NULL, EROFS},
    {FUSE_FALLOCATE, 0, false, NULL, EROFS},
    {FUSE_COPY_FILE_RANGE, 0, false, NULL, EROFS},
};

bool mirror_handle(struct mirror *mirror, const char *bytes, size_t size)
{
    const struct fuse_in_header *header = (const void *)bytes;
    struct request request = {header, bytes + sizeof *header, size - sizeof *header};
    int error = -ENOSYS;

    if (size < sizeof *header || header->len != size)
        return false;
    for (size_t i = 0; i < sizeof ACTS / sizeof *ACTS; i++) {
        if (ACTS[i].opcode != header->opcode)
            continue;
        if (request.size < ACTS[i].least)
            error = -EINVAL;
        else if (ACTS[i].names && tree_find(&mirror->tree, header->nodeid) == NULL)
            error = -ESTALE;
        else
            error = ACTS[i].act != NULL ? ACTS[i].act(mirror, &request) : -ACTS[i].error;
        break;
    }
    if (error < 0 && header->opcode != FUSE_FORGET && header->opcode != FUSE_BATCH_FORGET)
        mirror_answer(mirror, &request, error, NULL, 0);
    return true;
}

/* What is done here waits for nothing. */
int mirror_open(struct mirror *mirror, const char *root)
{
    struct stat found;

    if ((mirror->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 || fstat(mirror->root, &found) < 0)
        return -1;
    mirror->request = malloc(MIRROR_REQUEST);
    mirror->reply = malloc(MIRROR_REPLY);
    if (mirror->request == NULL || mirror->reply == NULL || !tree_make(&mirror->tree))
        return -1;
    mirror->devices[mirror->device_count++] = mirror->tree.root->device = found.st_dev;
    return 0;
}

/* Must follow the last change of credentials. */
void mirror_attach(struct mirror *mirror, int fuse)
{
    mirror->fuse = fuse;
    mirror->uid = geteuid();
    mirror->gid = getegid();
    mirror->group_count = getgroups(GROUPS_MOST, mirror->groups);
}

void mirror_close(struct mirror *mirror)
{
    for (size_t i = 0; i < mirror->handle_room; i++)
        if (mirror->handles[i].node != NULL)
            file_drop(mirror, i);
    for (size_t i = 0; i < SHADOWS; i++)
        if (mirror->shadows[i] > 0)
            close(mirror->shadows[i]);
    free(mirror->handles);
    tree_free(&mirror->tree);
    free(mirror->request);
    free(mirror->reply);
    close(mirror->root);
}

_Noreturn void mirror_serve(struct mirror *mirror)
{
    ssize_t got;

    while (!mirror->ended) {
        got = read(mirror->fuse, mirror->request, MIRROR_REQUEST);
        if (got < 0 && errno == ENODEV)
            break;
        if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOENT))
            continue;
        if (got < 0 || !mirror_handle(mirror, mirror->request, (size_t)got)) {
            dprintf(STDERR_FILENO, "cannot serve this machine's files: %s\n",
                    strerror(got < 0 ? errno : EPROTO));
            _exit(EXIT_TOOL);
        }
    }
    _exit(0);
}

/* The program's three streams, made to lead no further than they say (op `streams-closed`).
 *
 * A descriptor is a way past every mount: a directory's leads to all that lies beside it, and a file that was opened to
 * be read can be opened again through /proc/self/fd to be written, or have its mode changed, with the rights of whoever
 * owns it. So directories are refused, and a file to read becomes the same file on a read-only mount of its own; one
 * that this process cannot find again by its name becomes a sealed copy.
 *
 * Should: run in the child, where the caller's mounts are still there. What is written (standard output into a file) is
 * the caller's gift; a file without a name is nobody's. The new description has the old one's offset, not its future.
 */
#include "hull.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

enum { COPY_MOST = 64 << 20, COPY_PIECE = 1 << 20, SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static bool same(int one, const struct stat *file)
{
    struct stat found;

    return fstat(one, &found) == 0 && found.st_dev == file->st_dev && found.st_ino == file->st_ino;
}

/* A link of /proc to a descriptor, as text: its target is the file's name, opening it opens the file. */
static void link_of(int fd, char link[32])
{
    snprintf(link, 32, "/proc/self/fd/%d", fd);
}

static int on_read_only_mount(int fd, const struct stat *file)
{
    char link[32], path[4096];
    ssize_t length;
    int mount, opened = -1;

    link_of(fd, link);
    if ((length = readlink(link, path, sizeof path - 1)) < 0)
        return -1;
    path[length] = '\0';
    if ((mount = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW)) < 0)
        return -1;
    link_of(mount, link);
    if (same(mount, file) && sys_mount_setattr(mount, false, MOUNT_ATTR_RDONLY, MS_PRIVATE) == 0)
        opened = open(link, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    close(mount);
    return opened;
}

static int sealed_copy(int fd, const struct stat *file)
{
    int copy = MUST(memfd_create("hull-stream", MFD_CLOEXEC | MFD_ALLOW_SEALING), "copy", "standard input");
    off_t at = 0;

    while (file->st_size <= COPY_MOST && at <= COPY_MOST) /* not by the size: files of the kernel's own have none */
        if (MUST(sendfile(copy, fd, &at, COPY_PIECE), "copy", "standard input") == 0)
            break;
    if (file->st_size > COPY_MOST || at > COPY_MOST)
        fail(EXIT_TOOL, EFBIG, "give the program as a stream", "a file that could be written through it",
             "it cannot be found by its name here; cat FILE | … gives its content alone");
    MUST(fcntl(copy, F_ADD_SEALS, SEALS), "seal", "the copy of standard input");
    return copy;
}

static void lead_no_further(int fd)
{
    int flags = fcntl(fd, F_GETFL), opened;
    struct stat file;

    if (flags < 0 || fstat(fd, &file) < 0)
        fail_errno("look at", "the program's streams");
    if (S_ISDIR(file.st_mode) || flags & O_PATH)
        fail(EXIT_TOOL, EISDIR, "give the program as a stream", "a directory", "it leads to all that is beside it");
    if (!S_ISREG(file.st_mode) || (flags & O_ACCMODE) != O_RDONLY || file.st_nlink == 0)
        return;
    if ((opened = on_read_only_mount(fd, &file)) < 0)
        opened = sealed_copy(fd, &file);
    MUST(lseek(opened, lseek(fd, 0, SEEK_CUR), SEEK_SET), "go on reading", "standard input");
    MUST(dup2(opened, fd), "read", "standard input");
    close(opened);
}

void streams_close(const struct plan *plan)
{
    const struct op *op = plan_find(plan, W_STREAMS_CLOSED);

    if (op == NULL)
        return;
    fail_at(op);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        lead_no_further(fd);
    fail_at(NULL);
}

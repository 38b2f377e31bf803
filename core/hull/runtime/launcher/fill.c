/* A volume's first use: what the root shows at its place is copied into it once, with owner, mode, times and xattrs.
 *
 * Should: run as the container's root, before the volume is mounted over its place. Mustn't: follow a link, on either
 * side; copy into a volume that holds anything, but for what a killed copy left: MARK is on the volume until it is done.
 */
#include "hull.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>

#define MARK "user.hull.filling"
enum { DEPTH_MOST = 256, XATTR_MOST = 64 << 10, PATIENCE = 60000, STRANGER = 600, TICK = 10000000 /* ns */ };

static bool again; /* what is in the way is a killed copy's */

static void copy_tree(int from, int to, int depth);

static bool is_empty(int directory)
{
    DIR *entries = fdopendir(MUST(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "read", "a volume"));
    const struct dirent *entry;
    bool empty = true;

    if (entries == NULL)
        fail_errno("read", "a volume");
    while ((entry = readdir(entries)) != NULL)
        empty &= strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(entries);
    return empty;
}

/* What the file system of the volume does not take (another's namespace of xattrs) is left out. */
static void copy_xattrs(int from, int to)
{
    static char names[XATTR_MOST] ROOMY, value[XATTR_MOST] ROOMY;
    ssize_t length = flistxattr(from, names, sizeof names), got;

    for (const char *name = names; length > 0 && name < names + length; name += strlen(name) + 1) {
        if (strncmp(name, "user.overlay.", 13) == 0 || (got = fgetxattr(from, name, value, sizeof value)) < 0)
            continue;
        if (fsetxattr(to, name, value, (size_t)got, 0) < 0 && errno != EPERM && errno != ENOTSUP)
            fail_errno("copy into a volume the attribute", name);
    }
}

/* The owner first: changing it clears set-id bits and capabilities. */
static void copy_attributes(int from, int to, const struct stat *found)
{
    const struct timespec times[2] = {found->st_atim, found->st_mtim};

    MUST(fchown(to, found->st_uid, found->st_gid), "give its owner to", "a volume's file");
    MUST(fchmod(to, found->st_mode & 07777), "give its mode to", "a volume's file");
    copy_xattrs(from, to);
    MUST(futimens(to, times), "give its times to", "a volume's file");
}

static void copy_file(int parent, int to_parent, const char *name, const struct stat *found)
{
    int from = MUST(openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), "read", name);
    int to = MUST(openat(to_parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), "make", name);

    for (off_t left = found->st_size; left > 0;) {
        ssize_t got = MUST(sendfile(to, from, NULL, left > (1 << 30) ? 1 << 30 : (size_t)left), "copy", name);

        if (got == 0)
            break;
        left -= got;
    }
    copy_attributes(from, to, found);
    close(from);
    close(to);
}

static void copy_link(int parent, int to_parent, const char *name, const struct stat *found)
{
    const struct timespec times[2] = {found->st_atim, found->st_mtim};
    char text[PATH_MAX];
    ssize_t length = MUST(readlinkat(parent, name, text, sizeof text - 1), "read the link", name);

    text[length] = '\0';
    MUST(symlinkat(text, to_parent, name), "make the link", name);
    MUST(fchownat(to_parent, name, found->st_uid, found->st_gid, AT_SYMLINK_NOFOLLOW), "give its owner to", name);
    MUST(utimensat(to_parent, name, times, AT_SYMLINK_NOFOLLOW), "give its times to", name);
}

static void copy_directory(int parent, int to_parent, const char *name, int depth)
{
    int from = MUST(openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), "read", name), to;

    if (mkdirat(to_parent, name, 0700) < 0 && !(again && errno == EEXIST))
        fail_errno("make", name);
    to = MUST(openat(to_parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), "open", name);
    copy_tree(from, to, depth + 1);
    close(from);
    close(to);
}

static void copy_entry(int from, int to, const char *name, int depth)
{
    struct stat found;

    MUST(fstatat(from, name, &found, AT_SYMLINK_NOFOLLOW), "look at", name);
    if (again && !S_ISDIR(found.st_mode))
        unlinkat(to, name, 0);
    if (S_ISDIR(found.st_mode)) {
        copy_directory(from, to, name, depth);
    } else if (S_ISREG(found.st_mode)) {
        copy_file(from, to, name, &found);
    } else if (S_ISLNK(found.st_mode)) {
        copy_link(from, to, name, &found);
    } else if (S_ISFIFO(found.st_mode)) {
        MUST(mknodat(to, name, found.st_mode, 0), "make", name);
        MUST(fchownat(to, name, found.st_uid, found.st_gid, AT_SYMLINK_NOFOLLOW), "give its owner to", name);
    } /* devices cannot be made here, sockets have nobody behind them */
}

static void copy_tree(int from, int to, int depth)
{
    DIR *entries = fdopendir(MUST(dup(from), "read", "a directory"));
    const struct dirent *entry;
    struct stat found;

    if (depth > DEPTH_MOST)
        fail(EXIT_TOOL, ELOOP, "fill", "a volume", "the image's directories are too deep");
    if (entries == NULL)
        fail_errno("read", "a directory");
    while ((entry = readdir(entries)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            copy_entry(from, to, entry->d_name, depth);
    closedir(entries);
    MUST(fstat(from, &found), "look at", "a directory");
    copy_attributes(from, to, &found);
}

void fill_tree(int from, int to)
{
    copy_tree(from, to, 0);
}

static bool is_marked(int volume)
{
    return fgetxattr(volume, MARK, NULL, 0) >= 0;
}

/* Two first users: the later waits for the earlier one's copy. A lock that is not a copier's gets a second: a
 * program may hold one on its own volume for ever. */
static void take_turn(int volume)
{
    for (int waited = 0; flock(volume, LOCK_EX | LOCK_NB) < 0 && waited < PATIENCE;
         waited += is_marked(volume) ? 1 : STRANGER) {
        const struct timespec tick = {0, TICK};

        nanosleep(&tick, NULL);
    }
}

static void fill_volume(int from, int to)
{
    bool marks;

    take_turn(to);
    again = is_marked(to);
    if (!again && !is_empty(to))
        return;
    marks = fsetxattr(to, MARK, "", 0, 0) == 0;
    copy_tree(from, to, 0);
    if (marks)
        MUST(fremovexattr(to, MARK), "finish", "a volume's first copy");
}

/* A part that is no directory takes no copy; of one that is missing or leads out its mount says so. */
static int open_part(int volume, const char *below)
{
    int part = place_try_below(volume, below, O_RDONLY | O_DIRECTORY);

    close(volume);
    return part;
}

void fill_apply(const char *volume, const char *below, const char *target, int root)
{
    int to = MUST(open(volume, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open the volume", volume), from = -1;

    if (below != NULL && (to = open_part(to, below)) < 0)
        return;
    if (is_empty(to) || is_marked(to)) {
        from = place_try_open(root, target, O_RDONLY | O_DIRECTORY);
        if (from < 0 && errno != ENOENT && errno != ENOTDIR)
            fail_errno("read", target);
    }
    if (from >= 0) {
        fill_volume(from, to);
        close(from);
    }
    close(to);
}

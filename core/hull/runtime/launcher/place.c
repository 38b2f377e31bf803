/* Paths inside the new root. An image's every name is hostile, links included: the kernel resolves below the root's
 * descriptor (openat2), and what is missing is made one component at a time below a descriptor so resolved. */
#include "hull.h"

#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_ROOM = 4096, LINKS_MOST = 40 };

/* The kernel's own places must be real directories: a link in their stead would move what protects the host. */
static uint64_t how_to_resolve(const char *target)
{
    static const char *const own[] = {"/proc", "/sys", "/dev"};
    uint64_t resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        size_t length = strlen(own[i]);

        if (strncmp(target, own[i], length) == 0 && (target[length] == '/' || target[length] == '\0'))
            resolve |= RESOLVE_NO_SYMLINKS;
    }
    return resolve;
}

int place_try_open(int root, const char *target, int flags)
{
    return sys_openat2(root, target, flags, 0, how_to_resolve(target));
}

/* Somebody else may be writing below `base` at this moment: one descriptor is found, nothing is looked up twice. */
int place_try_below(int base, const char *path, int flags)
{
    return sys_openat2(base, path, flags, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
}

int place_below(int base, const char *path)
{
    int fd = place_try_below(base, path, O_PATH);

    if (fd < 0 && errno == EXDEV)
        fail(EXIT_TOOL, EXDEV, "find below the source", path, "a link leads out of it");
    return MUST(fd, "find below the source", path);
}

static _Noreturn void refuse(const char *target)
{
    if (errno == ELOOP)
        fail(EXIT_TOOL, ELOOP, "use the container's", target, "the image has a symbolic link in its place");
    fail_errno("open the container's", target);
}

int place_open(int root, const char *target, int flags)
{
    int fd = place_try_open(root, target, flags);

    if (fd < 0)
        refuse(target);
    return fd;
}

/* The component after `prefix`: its end, or NULL where nothing follows. */
static const char *next_component(const char *at)
{
    at += strspn(at, "/");
    return *at ? at + strcspn(at, "/") : NULL;
}

static void make_component(int parent, const char *name, bool directory, const char *target)
{
    int done = directory ? mkdirat(parent, name, 0755) : mknodat(parent, name, S_IFREG | 0644, 0);

    if (done < 0 && errno != EEXIST)
        fail_errno("make the mount point", target);
}

/* Where the missing component turned out to be a dangling link, continue at what it names, still below the root. */
static bool follow_link(int parent, const char *name, const char *before, const char *after, char *path)
{
    char link[PATH_ROOM], whole[PATH_ROOM], rest[PATH_ROOM];
    ssize_t got = readlinkat(parent, name, link, sizeof link - 1);

    if (got < 0)
        return false;
    link[got] = '\0';
    text_join(whole, sizeof whole, *link == '/' ? "" : before, *link == '/' ? "" : "/", link);
    text_join(rest, sizeof rest, after, "", ""); /* it lies in `path` */
    text_join(path, PATH_ROOM, whole, "", rest);
    return true;
}

/* Make the first missing component of `path`; rewrite `path` where a link leads elsewhere. */
static void make_first_missing(int root, char *path, bool directory, const char *target)
{
    char before[PATH_ROOM] = "", name[256];
    int parent = place_open(root, "/", O_PATH | O_DIRECTORY), found;

    for (const char *at = path, *end; (end = next_component(at)) != NULL; at = end) {
        const char *start = at + strspn(at, "/");
        bool last = next_component(end) == NULL;

        if ((size_t)(end - start) >= sizeof name)
            fail(EXIT_TOOL, ENAMETOOLONG, "make the mount point", target, NULL);
        memcpy(name, start, (size_t)(end - start));
        name[end - start] = '\0';
        memcpy(before, path, (size_t)(end - path));
        before[end - path] = '\0';
        if ((found = place_try_open(root, before, O_PATH)) >= 0) {
            close(parent);
            parent = found;
            continue;
        }
        if (errno != ENOENT)
            refuse(target);
        before[start - path] = '\0';
        if (!follow_link(parent, name, before, end, path))
            make_component(parent, name, directory || !last, target);
        break;
    }
    close(parent);
}

/* The usual case: nothing but the last component is missing. False: make it the long way. */
static bool make_last(int root, const char *target, bool directory)
{
    char before[PATH_ROOM];
    const char *slash = strrchr(target, '/');
    int parent, done;

    if (slash == NULL || slash[1] == '\0' || slash == target)
        return false;
    text_join(before, sizeof before, target, "", "");
    before[slash - target] = '\0';
    if ((parent = place_try_open(root, before, O_PATH | O_DIRECTORY)) < 0)
        return false;
    done = directory ? mkdirat(parent, slash + 1, 0755) : mknodat(parent, slash + 1, S_IFREG | 0644, 0);
    close(parent);
    return done == 0;
}

int place_make(int root, const char *target, bool directory)
{
    char path[PATH_ROOM];
    int fd;

    if ((fd = place_try_open(root, target, O_PATH)) >= 0)
        return fd;
    if (errno != ENOENT)
        refuse(target);
    if (make_last(root, target, directory) && (fd = place_try_open(root, target, O_PATH)) >= 0)
        return fd;
    errno = ENOENT;
    text_join(path, sizeof path, target, "", "");
    for (int tries = 0; tries < LINKS_MOST + PATH_ROOM / 2; tries++) {
        if (errno != ENOENT)
            refuse(target);
        make_first_missing(root, path, directory, target);
        if ((fd = place_try_open(root, path, O_PATH)) >= 0)
            return fd;
    }
    fail(EXIT_TOOL, ELOOP, "make the mount point", target, NULL);
}

/* The directory that holds `target`, made if missing, and the last component's name. */
int place_parent(int root, const char *target, const char **name)
{
    char directory[PATH_ROOM];
    const char *slash = strrchr(target, '/');

    if (slash == NULL || slash[1] == '\0')
        fail(EXIT_TOOL, EINVAL, "use the path", target, "it is not absolute or names no file");
    *name = slash + 1;
    if (strcmp(*name, "..") == 0 || strcmp(*name, ".") == 0)
        fail(EXIT_TOOL, EINVAL, "use the path", target, NULL);
    text_join(directory, sizeof directory, target, "", "");
    directory[slash == target ? 1 : slash - target] = '\0';
    return place_make(root, directory, true);
}

/* Whether a try changed nothing: its upper tree, which mirrors this machine's, holds directories as the machine has them
 * and nothing else. What cannot be looked at counts as changed. */
#include "hull.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

enum { PATH_ROOM = 4096, DEPTH_MOST = 100, NAMES_ROOM = 4096, VALUE_ROOM = 4096 };

/* Root's on the host is the container's root's: the caller, or whom root's containers have as theirs. */
static bool is_owner(const struct plan *plan, enum word map, unsigned found, unsigned there, unsigned caller)
{
    if (found == there || (there == 0 && found == caller))
        return true;
    EACH_OF(op, plan, map)
        if (there == 0 && strcmp(op->arg[0], "0") == 0 && strcmp(op->arg[1], text_decimal(found)) == 0)
            return true;
    return false;
}

static bool begins(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

/* Nothing but the overlay's own marks and the machine's labels is beside the host's; a directory that hides what is below
 * it is no longer the host's at all. What is missing tells nothing: the mirror shows none. */
static bool has_attributes_of(const char *path, const char *host)
{
    char names[NAMES_ROOM], value[VALUE_ROOM], other[VALUE_ROOM];
    ssize_t size = llistxattr(path, names, sizeof names), length;

    if (size < 0)
        return errno == ENOTSUP;
    for (const char *name = names; name < names + size; name += strlen(name) + 1) {
        if (strcmp(name, "user.overlay.opaque") == 0)
            return false;
        if (begins(name, "user.overlay.") || begins(name, "security."))
            continue;
        length = lgetxattr(path, name, value, sizeof value);
        if (length < 0 || lgetxattr(host, name, other, sizeof other) != length ||
            memcmp(value, other, (size_t)length) != 0)
            return false;
    }
    return true;
}

/* Times tell nothing: the host's own go on. */
static bool is_as_host(const struct plan *plan, const char *path, const char *host)
{
    struct stat found, there;

    return lstat(path, &found) == 0 && lstat(host, &there) == 0 && S_ISDIR(found.st_mode) &&
           found.st_mode == there.st_mode && is_owner(plan, W_UID_MAP, found.st_uid, there.st_uid, getuid()) &&
           is_owner(plan, W_GID_MAP, found.st_gid, there.st_gid, getgid()) && has_attributes_of(path, host);
}

static bool holds_directories(const struct plan *plan, const char *upper, const char *below, int depth)
{
    char path[PATH_ROOM], inner[PATH_ROOM], whole[PATH_ROOM];
    struct dirent *entry;
    DIR *directory;
    bool so = true;

    if (depth > DEPTH_MOST || strlen(upper) + strlen(below) + NAME_MAX + 2 >= PATH_ROOM)
        return false;
    if ((directory = opendir(text_join(path, sizeof path, upper, below, ""))) == NULL)
        return false;
    while (so && (entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        text_join(inner, sizeof inner, below, "/", entry->d_name);
        so = is_as_host(plan, text_join(whole, sizeof whole, upper, inner, ""), inner) &&
             holds_directories(plan, upper, inner, depth + 1);
    }
    closedir(directory);
    return so;
}

bool untouched_is(const struct plan *plan)
{
    const struct op *root = plan_find(plan, W_ROOT_OVERLAY);

    return root != NULL && *root->arg[0] == '/' && holds_directories(plan, root->arg[0], "", 0);
}

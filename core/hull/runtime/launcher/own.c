/* `U`: everything of a volume is given to the container's user, in place.
 *
 * Should: run as the container's root, in its root. Mustn't: leave the mount, not even for a file that is bound into
 * it: that may be the caller's own.
 */
#include "hull.h"

#include <dirent.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MOST = 256 };

static void give_tree(int directory, const struct identity *who, int depth);

/* What belongs to the user already is left alone: a change would clear set-id bits and the times of change. */
static void give(int fd, const char *name, const struct stat *found, const struct identity *who)
{
    if (found->st_uid != who->uid || found->st_gid != who->gid)
        MUST(fchownat(fd, "", who->uid, who->gid, AT_EMPTY_PATH), "give to the user", name);
}

static void give_entry(int directory, const char *name, const struct identity *who, int depth)
{
    int fd = sys_openat2(directory, name, O_PATH | O_NOFOLLOW, 0, RESOLVE_NO_XDEV | RESOLVE_BENEATH), below;
    struct stat found;

    if (fd < 0 && (errno == EXDEV || errno == ENOENT))
        return;
    if (fd < 0)
        fail_errno("give to the user", name);
    MUST(fstat(fd, &found), "look at", name);
    give(fd, name, &found, who);
    if (S_ISDIR(found.st_mode)) {
        below = MUST(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "read", name);
        give_tree(below, who, depth + 1);
    }
    close(fd);
}

static void give_tree(int directory, const struct identity *who, int depth)
{
    DIR *entries = fdopendir(directory);
    const struct dirent *entry;

    if (depth > DEPTH_MOST)
        fail(EXIT_TOOL, ELOOP, "give to the user", "a volume", "its directories are too deep");
    if (entries == NULL)
        fail_errno("read", "a volume's directory");
    while ((entry = readdir(entries)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            give_entry(directory, entry->d_name, who, depth);
    closedir(entries);
}

void own_apply(const struct plan *plan, const struct identity *who)
{
    EACH_OF(op, plan, W_OWN) {
        int root = MUST(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "open", "/"), top;
        struct stat found;

        fail_at(op);
        top = place_open(root, op->arg[0], O_RDONLY | O_NONBLOCK);
        MUST(fstat(top, &found), "look at", op->arg[0]);
        give(top, op->arg[0], &found, who);
        if (S_ISDIR(found.st_mode))
            give_tree(top, who, 0);
        else
            close(top);
        close(root);
    }
}

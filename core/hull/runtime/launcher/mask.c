/* What must not be seen, and what must not be written. */
#include "hull.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

/* From the host's /dev, and proven to be the null device: an image's own could be anything (CVE-2025-31133). */
static int clone_null(void)
{
    int mount = MUST(sys_open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE), "open", "/dev/null");
    struct stat found;

    MUST(fstat(mount, &found), "look at", "/dev/null");
    if (!S_ISCHR(found.st_mode) || found.st_rdev != makedev(1, 3))
        fail(EXIT_TOOL, ENODEV, "use", "/dev/null", "it is not the null device");
    return mount;
}

/* One empty, read-only directory serves every masked directory: a file system costs more than a mount of it. */
static int clone_empty(void)
{
    static int first = -1;

    if (first < 0) {
        first = MUST(attach_new("tmpfs", "ro,nosuid,nodev,noexec", "size=4k,nr_inodes=1,mode=0555"), "make",
                     "an empty directory");
        return first;
    }
    return MUST(attach_clone(first, "", "ro,nosuid,nodev,noexec"), "clone", "the empty directory");
}

void mask_apply(int root, const char *target)
{
    int place = place_try_open(root, target, O_PATH), mount;
    struct stat found;

    if (place < 0 && (errno == ENOENT || errno == ENOTDIR))
        return;
    if (place < 0)
        fail_errno("hide", target);
    MUST(fstat(place, &found), "look at", target);
    mount = S_ISDIR(found.st_mode) ? clone_empty() : clone_null();
    if (sys_move_mount(mount, place) < 0)
        fail_errno("hide", target);
    close(place);
    if (!S_ISDIR(found.st_mode))
        close(mount);
}

void mask_readonly(int root, const char *target)
{
    int place = place_try_open(root, target, O_PATH);

    if (place < 0 && (errno == ENOENT || errno == ENOTDIR))
        return;
    if (place < 0)
        fail_errno("make read-only", target);
    attach_to(MUST(attach_clone(place, "", "ro,rec"), "make read-only", target), place, target);
}

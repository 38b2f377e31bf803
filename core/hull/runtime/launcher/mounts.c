/* What is mounted below the new root, in the plan's order.
 *
 * Should: run in the child's own mount namespace, before pivot_root, so that sources are the host's paths and targets
 * the new root's. Mustn't: resolve a target through any path of the host.
 */
#include "hull.h"
#include "share.h"

#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

/* An image's link may lead into the container's /proc: what is mounted there would answer in the kernel's name. */
int mounts_target(int root, const char *target, bool directory)
{
    int fd = place_make(root, target, directory);
    struct statfs found;

    MUST(fstatfs(fd, &found), "look at", target);
    if (found.f_type == PROC_SUPER_MAGIC)
        fail(EXIT_TOOL, ELOOP, "mount on the container's", target, "it leads into /proc");
    return fd;
}

bool mounts_is_directory(int fd, const char *name)
{
    struct stat found;

    MUST(fstat(fd, &found), "look at", name);
    return S_ISDIR(found.st_mode);
}

/* The kernel refuses a fresh proc where the host's own is covered in parts (a container, a sandbox), and a fresh sysfs
 * to whoever does not own the network namespace: then the host's is shown, read-only. */
static int mount_instead(const struct op *op)
{
    int error = errno, mount = -1;

    if (error == EPERM && strcmp(op->arg[0], "proc") == 0) {
        mount = attach_clone(AT_FDCWD, "/proc", "ro,rec,nosuid,nodev,noexec");
        if (mount >= 0)
            fail_warn("/proc inside is the host's, read-only: the host hides parts of its own, so the kernel refuses a "
                      "fresh one");
    } else if (error == EPERM && strcmp(op->arg[0], "sysfs") == 0) {
        mount = outer_sysfs() > 0 ? outer_sysfs() : attach_clone(AT_FDCWD, "/sys", "ro,rec,nosuid,nodev,noexec");
    }
    if (mount < 0) {
        char verb[64];

        snprintf(verb, sizeof verb, "mount %.32s on", op->arg[0]);
        fail(EXIT_TOOL, error, verb, op->arg[1], NULL);
    }
    return mount;
}

/* The image's content of the place goes into what will cover it, which turns read-only after that, if it shall. */
static void copy_up(const struct op *op, int mount, int root)
{
    int from = place_try_open(root, op->arg[1], O_RDONLY | O_DIRECTORY), to;

    if (from >= 0) {
        to = MUST(openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", op->arg[0]);
        fill_tree(from, to);
        close(to);
        close(from);
    }
    if (text_has(op->arg[2], "ro"))
        MUST(sys_mount_setattr(mount, false, MOUNT_ATTR_RDONLY, 0), "make read-only", op->arg[1]);
}

static void apply_mount(const struct op *op, int root)
{
    bool copies = text_has(op->arg[2], "copy-up");
    bool proc = strcmp(op->arg[0], "proc") == 0; /* a bound root has one already */
    int target = proc ? place_make(root, op->arg[1], true) : mounts_target(root, op->arg[1], true), mount;

    if (!mounts_is_directory(target, op->arg[1]))
        fail(EXIT_TOOL, ENOTDIR, "mount on the container's", op->arg[1], NULL);
    mount = strcmp(op->arg[0], "shared-memory") == 0 ? share_memory() : attach_new(op->arg[0], op->arg[2], op->arg[3]);
    if (mount < 0) {
        if (text_has(op->arg[2], "optional")) {
            close(target);
            return;
        }
        mount = mount_instead(op);
    }
    if (copies)
        copy_up(op, mount, root);
    attach_to(mount, target, op->arg[1]);
}

static int *sources; /* by the op's place in the plan; 0: not opened */

/* Root may show its containers what their ids could not reach by themselves, below a directory of mode 0700: there the
 * launcher makes the detached mounts, the child attaches them. For everyone else the child's rights are the caller's. */
void mounts_open_sources(const struct plan *plan)
{
    if (geteuid() != 0 || !maps_asked(plan))
        return;
    if ((sources = calloc(plan->count, sizeof *sources)) == NULL)
        fail(EXIT_TOOL, ENOMEM, "open", "the mounts' sources", NULL);
    EACH(op, plan) {
        bool root = op->word == W_ROOT_BIND;
        int mount;

        if (op->word != W_BIND && !root)
            continue;
        fail_at(op);
        if ((mount = attach_clone(AT_FDCWD, op->arg[0], root ? "rec" : op->arg[2])) < 0)
            continue;
        if (!root)
            idmap_by_root(plan, mount, op->arg[2], op->arg[0]);
        sources[op - plan->ops] = mount;
    }
    fail_at(NULL);
}

int mounts_source(const struct plan *plan, const struct op *op, const char *path, const char *flags)
{
    if (sources != NULL && sources[op - plan->ops] > 0)
        return sources[op - plan->ops];
    return attach_clone(AT_FDCWD, path, flags);
}

static void apply_bind(const struct plan *plan, const struct op *op, int root)
{
    int mount = mounts_source(plan, op, op->arg[0], op->arg[2]);

    if (mount < 0 && errno == ENOENT && text_has(op->arg[2], "optional"))
        return;
    if (mount < 0)
        fail_errno("bind", op->arg[0]);
    if (sources == NULL || sources[op - plan->ops] <= 0)
        idmap_by_child(mount, op->arg[2], op->arg[0]);
    attach_to(mount, mounts_target(root, op->arg[1], mounts_is_directory(mount, op->arg[0])), op->arg[1]);
}

static void apply_device(const struct op *op, int root)
{
    int mount = MUST(sys_open_tree(AT_FDCWD, op->arg[0], OPEN_TREE_CLONE), "open the device", op->arg[0]);
    struct stat found;

    MUST(fstat(mount, &found), "look at", op->arg[0]);
    if (!S_ISCHR(found.st_mode) && !S_ISBLK(found.st_mode))
        fail(EXIT_TOOL, ENODEV, "show the device", op->arg[0], "it is not a device");
    attach_to(mount, mounts_target(root, op->arg[1], false), op->arg[1]);
}

static void apply_symlink(const struct op *op, int root)
{
    const char *name;
    int parent = place_parent(root, op->arg[1], &name);

    if (symlinkat(op->arg[0], parent, name) < 0 && errno != EEXIST)
        fail_errno("make the link", op->arg[1]);
    close(parent);
}

static void apply_mkdir(const struct op *op, int root)
{
    const char *name;
    int parent = place_parent(root, op->arg[0], &name);
    char *end;
    unsigned long mode = strtoul(op->arg[1], &end, 8);

    if (*end || end == op->arg[1] || mode > 07777)
        fail(EXIT_TOOL, EINVAL, "understand the mode", op->arg[1], NULL);
    if (mkdirat(parent, name, (mode_t)mode) < 0 && errno != EEXIST)
        fail_errno("make the directory", op->arg[0]);
    close(parent);
    close(place_open(root, op->arg[0], O_PATH | O_DIRECTORY));
}

void mounts_apply(const struct plan *plan, int root)
{
    bool settled = false;

    EACH(op, plan) {
        if (!settled && (op->word == W_MASK || op->word == W_READONLY)) {
            settings_sysctls(plan, root);
            settled = true;
        }
        fail_at(op);
        switch (op->word) {
        case W_MOUNT: apply_mount(op, root); break;
        case W_FILL: fill_apply(op->arg[0], NULL, op->arg[1], root); break;
        case W_FILL_BELOW: fill_apply(op->arg[0], op->arg[1], op->arg[2], root); break;
        case W_BIND: apply_bind(plan, op, root); break;
        case W_BIND_BELOW: stack_below(op, root); break;
        case W_OVERLAY: stack_overlay(plan, op, root); break;
        case W_DEVICE: apply_device(op, root); break;
        case W_SYMLINK: apply_symlink(op, root); break;
        case W_MKDIR: apply_mkdir(op, root); break;
        case W_MASK: mask_apply(root, op->arg[0]); break;
        case W_READONLY: mask_readonly(root, op->arg[0]); break;
        default: break;
        }
    }
    if (!settled)
        settings_sysctls(plan, root);
}

/* A terminal of the caller's lies on a mount of another namespace: find the same node by its name in ours. */
static int clone_node(int terminal)
{
    char link[32], path[256];
    struct stat node, asked;
    int mount;
    ssize_t length;

    snprintf(link, sizeof link, "/proc/self/fd/%d", terminal);
    mount = sys_open_tree(AT_FDCWD, link, OPEN_TREE_CLONE);
    if (mount < 0 && (length = readlink(link, path, sizeof path - 1)) > 0) {
        path[length] = '\0';
        mount = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | AT_SYMLINK_NOFOLLOW);
    }
    if (mount < 0)
        return -1;
    MUST(fstat(mount, &node), "look at", "the terminal's node");
    MUST(fstat(terminal, &asked), "look at", "the terminal");
    if (S_ISCHR(node.st_mode) && node.st_dev == asked.st_dev && node.st_ino == asked.st_ino)
        return mount;
    close(mount);
    return -1;
}

/* The program's terminal has its node at /dev/console, so that ttyname() has an answer inside. A terminal that has no
 * name here, as one passed between containers, stays without. */
void mounts_console(const struct plan *plan, int root, int terminal)
{
    EACH_OF(op, plan, W_MOUNT) {
        int mount;

        fail_at(op);
        if (strcmp(op->arg[1], "/dev") == 0 && isatty(terminal) && (mount = clone_node(terminal)) >= 0)
            attach_to(mount, place_make(root, "/dev/console", false), "/dev/console");
    }
}

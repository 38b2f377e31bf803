/* The new root: made, attached, entered. */
#include "hull.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool propagates(const struct plan *plan)
{
    EACH_OF(op, plan, W_BIND)
        if (attach_propagation(op->arg[2]) & (MS_SLAVE | MS_SHARED))
            return true;
    return false;
}

/* The descriptor goes to the launcher, whose helper serves it; the kernel makes our first access wait for that. */
static int make_fuse(int channel, const char *flags, const char *more, const char *name)
{
    int fd = MUST(open("/dev/fuse", O_RDWR | O_CLOEXEC), "open", "/dev/fuse"), mount;
    char options[128];

    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions%s", fd,
             more);
    mount = MUST(attach_new("fuse", flags, options), "mount", name);
    channel_send(channel, NOTE_FUSE, 0, fd);
    close(fd);
    return mount;
}

/* Attached in our own namespace, and gone with the old root: older kernels take no detached mount for a layer. The file
 * system itself is read-only, not the mount alone: else every read makes the times of access worth a question. */
static void attach_mirror(const struct plan *plan, int channel)
{
    EACH_OF(op, plan, W_LOWER_FUSE) {
        int mount, place;

        fail_at(op);
        mount = make_fuse(channel, "nosuid,nodev", ",ro", "the mirror");
        place = MUST(open(op->arg[0], O_PATH | O_DIRECTORY | O_CLOEXEC), "open", op->arg[0]);
        attach_to(mount, place, op->arg[0]);
    }
}

static int make_root(const struct plan *plan, int channel)
{
    EACH(op, plan) {
        fail_at(op);
        if (op->word == W_ROOT_OVERLAY) {
            attach_mirror(plan, channel);
            stack_ahead(plan, op);
            fail_at(op);
            return overlay_make(plan, op);
        }
        if (op->word == W_ROOT_BIND)
            return MUST(mounts_source(plan, op, op->arg[0], "rec"), "bind the root", op->arg[0]);
        if (op->word == W_ROOT_FUSE)
            return make_fuse(channel, "nodev", "", "the FUSE root");
    }
    return -1;
}

/* Nothing mounted here may reach the host, so the whole tree turns private (or slave, where a bind asked to go on
 * receiving) before the first mount. The new root is stacked on the old: the old one's paths still resolve below. */
int root_make(const struct plan *plan, int channel)
{
    int mount, host;

    MUST(sys_mount(NULL, "/", NULL, MS_REC | (propagates(plan) ? MS_SLAVE : MS_PRIVATE), NULL),
         "stop the propagation of", "mounts");
    host = MUST(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "open", "/");
    if ((mount = make_root(plan, channel)) < 0)
        return host;
    if (sys_move_mount(mount, host) < 0)
        fail_errno("attach", "the new root");
    close(host);
    return mount;
}

/* Whoever enters the mount namespace later, exec too, gets the topmost mount of "/", not what we call "/". */
static void must_be_topmost(void)
{
    struct stat root, top;

    MUST(stat("/", &root), "look at", "the new root");
    MUST(stat("/..", &top), "look at", "what covers the new root");
    if (root.st_dev != top.st_dev || root.st_ino != top.st_ino)
        fail(EXIT_TOOL, EBUSY, "leave", "the old root", "it still covers the new one");
}

void root_enter(const struct plan *plan, int root)
{
    EACH(op, plan) {
        if (op->word != W_ROOT_OVERLAY && op->word != W_ROOT_BIND && op->word != W_ROOT_FUSE)
            continue;
        fail_at(op);
        MUST(fchdir(root), "enter", "the new root");
        MUST(sys_pivot_root(".", "."), "turn to", "the new root");
        MUST(sys_umount("."), "leave", "the old root");
        MUST(chdir("/"), "enter", "the new root");
        must_be_topmost();
    }
    EACH_OF(op, plan, W_ROOT_READONLY) {
        fail_at(op);
        MUST(sys_mount_setattr(root, false, MOUNT_ATTR_RDONLY, 0), "make read-only", "the root");
    }
    close(root);
}

/* What belongs to the user namespace outside the container's own: the network, where the program may not administer it.
 *
 * Should: run in the intermediate process that clone.c describes. Mustn't: run in the launcher.
 */
#include "hull.h"

#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>

static int sysfs; /* 0: none was made */

int outer_sysfs(void)
{
    return sysfs;
}

/* Only the owner of a network namespace may mount its sysfs and raise its loopback: do it here. */
void outer_network(const struct plan *plan)
{
    if (unshare(CLONE_NEWNS | (clone_joins(plan, "net") ? 0 : CLONE_NEWNET)) < 0)
        fail_errno("make the namespace", "net");
    sysfs = attach_new("sysfs", "ro,nosuid,nodev,noexec", "");
    if (plan_find(plan, W_LOOPBACK) != NULL)
        settings_raise_loopback();
    netlink_unreachable(plan);
    settings_outer_sysctls(plan);
}

void outer_forget(void)
{
    if (sysfs > 0)
        close(sysfs);
}

/* Root stays in its own user namespace: only this process becomes the joined one's root, whose ids are mapped there, as
 * the owner of a namespace nested in it must be. It is shown again, or its child's maps could not be written. */
void outer_join_as_root(const struct launch *launch)
{
    MUST(setns(launch->userns, CLONE_NEWUSER), "enter", "the kept user namespace");
    if (getuid() == 0)
        return;
    if (setgroups(0, NULL) < 0 && errno != EPERM) /* a namespace of one id gave it up */
        fail_errno("leave", "root's groups");
    MUST(setresgid(0, 0, 0), "become", "the kept namespace's root group");
    MUST(setresuid(0, 0, 0), "become", "the kept namespace's root");
    MUST(prctl(PR_SET_DUMPABLE, 1), "show", "the intermediate process");
}

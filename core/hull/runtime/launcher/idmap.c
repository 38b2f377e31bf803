/* `idmap`: what is bound shows the ids of its disk as the container's own, by the mount, without changing a file.
 *
 * The kernel asks for CAP_SYS_ADMIN where the file system was mounted: the machine's root has it before the clone, no
 * container's root ever has. Everyone is let try, and told by the kernel.
 */
#include "hull.h"

#include <stdio.h>
#include <sched.h>
#include <sys/wait.h>

/* A namespace with the container's map, made before there is one; the descriptor keeps it. */
static int make_namespace(const struct plan *plan)
{
    const struct clone_request request = {.flags = CLONE_NEWUSER, .cgroup = -1, .signal = SIGCHLD};
    char process[16], path[64];
    pid_t pid = MUST(sys_clone(&request), "make", "a user namespace");
    int fd;

    if (pid == 0)
        for (;;)
            pause();
    snprintf(process, sizeof process, "%d", pid);
    maps_write_directly(plan, process);
    snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
    fd = MUST(open(path, O_RDONLY | O_CLOEXEC), "open", path);
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return fd;
}

void idmap_by_root(const struct plan *plan, int mount, const char *flags, const char *source)
{
    static int userns = -1;

    if (!text_has(flags, "idmap"))
        return;
    if (userns < 0)
        userns = make_namespace(plan);
    MUST(sys_mount_idmap(mount, text_has(flags, "rec"), userns), "map the ids of", source);
}

void idmap_by_child(int mount, const char *flags, const char *source)
{
    int userns;

    if (!text_has(flags, "idmap"))
        return;
    userns = MUST(open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC), "open", "the user namespace");
    if (sys_mount_idmap(mount, text_has(flags, "rec"), userns) < 0)
        fail(EXIT_TOOL, errno, "map the ids of", source,
             errno == EPERM ? "the kernel lets only whoever mounted its file system do that, the machine's root mostly"
                            : NULL);
    close(userns);
}

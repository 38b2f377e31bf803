/* What libc has no portable wrapper for: each returns -1 and sets errno. */
#include "hull.h"

#include <linux/openat2.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

pid_t sys_clone(const struct clone_request *request)
{
    struct clone_args arguments = {
        .flags = request->flags,
        .exit_signal = (uint64_t)request->signal,
        .pidfd = (uint64_t)(uintptr_t)request->pidfd,
    };

    if (request->cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)request->cgroup;
    }
    return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

int sys_openat2(int dir, const char *path, int flags, mode_t mode, uint64_t resolve)
{
    struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .mode = mode, .resolve = resolve};
    int fd;

    do /* EAGAIN: a rename raced with the resolution; the kernel asks for another try */
        fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
    while (fd < 0 && (errno == EAGAIN || errno == EINTR));
    return fd;
}

int sys_open_tree(int dir, const char *path, unsigned flags)
{
    return (int)syscall(SYS_open_tree, dir, path, flags | OPEN_TREE_CLOEXEC);
}

int sys_move_mount(int from, int to)
{
    return (int)syscall(SYS_move_mount, from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int sys_fsopen(const char *type)
{
    return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

int sys_fsconfig(int fs, unsigned command, const char *key, const void *value, int aux)
{
    return (int)syscall(SYS_fsconfig, fs, command, key, value, aux);
}

int sys_fsmount(int fs, unsigned attributes)
{
    return (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
}

int sys_mount_setattr(int fd, bool recursive, uint64_t set, uint64_t propagation)
{
    struct mount_attr attributes = {.attr_set = set, .propagation = propagation};

    if (set & MOUNT_ATTR__ATIME)
        attributes.attr_clr = MOUNT_ATTR__ATIME;
    return (int)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes,
                        sizeof attributes);
}

/* Files show the ids that `userns` maps theirs to. */
int sys_mount_idmap(int fd, bool recursive, int userns)
{
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns};

    return (int)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes,
                        sizeof attributes);
}

int sys_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)
{
    return (int)syscall(SYS_mount, source, target, type, flags, data);
}

int sys_pivot_root(const char *new_root, const char *put_old)
{
    return (int)syscall(SYS_pivot_root, new_root, put_old);
}

int sys_umount(const char *path)
{
    return (int)syscall(SYS_umount2, path, 2 /* MNT_DETACH */);
}

int sys_close_range(unsigned first, unsigned last)
{
    return (int)syscall(SYS_close_range, first, last, 0);
}

ssize_t sys_send_with(int socket, const void *data, size_t size, int passed)
{
    struct iovec vector = {(void *)data, size};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {.space = {0}};
    struct msghdr header = {.msg_iov = &vector, .msg_iovlen = 1};

    if (passed >= 0) {
        header.msg_control = &control;
        header.msg_controllen = sizeof control;
        control.header = (struct cmsghdr){
            .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
        memcpy(CMSG_DATA(&control.header), &passed, sizeof passed);
    }
    return sendmsg(socket, &header, MSG_NOSIGNAL);
}

int sys_close_others(const int *kept, size_t count)
{
    for (unsigned from = 3, next;; from = next + 1) {
        next = ~0U;
        for (size_t i = 0; i < count; i++)
            if (kept[i] >= 0 && (unsigned)kept[i] >= from && (unsigned)kept[i] < next)
                next = (unsigned)kept[i];
        if (next > from && sys_close_range(from, next == ~0U ? next : next - 1) < 0)
            return -1;
        if (next == ~0U)
            return 0;
    }
}

int sys_pidfd_open(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

int sys_pidfd_send_signal(int pidfd, int signal)
{
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int sys_sethostname(const char *name)
{
    return (int)syscall(SYS_sethostname, name, strlen(name));
}

int sys_setdomainname(const char *name)
{
    return (int)syscall(SYS_setdomainname, name, strlen(name));
}

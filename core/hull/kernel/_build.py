"""Describe the cffi module hull.kernel._syscalls: the system calls that Python's own modules lack, and members.c.

Read by setup.py (`cffi_modules`). The newer calls go through syscall(2) by number, so that the module builds against an
older libc than the kernel it runs on.
"""

from cffi import FFI  # type: ignore[import-untyped]

PLACE = "core/hull/kernel"  # setuptools takes sources relative to setup.py

ffibuilder = FFI()

ffibuilder.cdef("""
    int hull_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
    int hull_open_tree(int directory, const char *path, unsigned int flags);
    int hull_move_mount(int from, const char *source, int to, const char *target, unsigned int flags);
    int hull_mount_setattr(int directory, const char *path, unsigned int flags, uint64_t set, uint64_t clear,
                           uint64_t propagation, int userns);
    int hull_fsopen(const char *type, unsigned int flags);
    int hull_fsconfig(int context, unsigned int command, const char *key, const char *value, int aux);
    int hull_fsmount(int context, unsigned int flags, unsigned int attributes);
    int hull_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data);
    int hull_setns(int fd, int kinds);
    int hull_unshare(int kinds);
    int hull_syncfs(int fd);
    int hull_renameat2(int from, const char *old, int to, const char *name, unsigned int flags);
    long hull_statfs_type(const char *path);
    int hull_inotify(void);
    int hull_inotify_add(int fd, const char *path, uint32_t mask);
    int64_t hull_birth(int directory, const char *name);
    struct hull_run { size_t used, count, bytes; };
    struct hull_run hull_members(int directory, const char *prefix, size_t length, const unsigned char *data,
                                 size_t size, size_t most, unsigned char *heads, size_t room);
""")

ffibuilder.set_source(
    "hull.kernel._syscalls",
    """
    #ifndef _GNU_SOURCE
    #define _GNU_SOURCE
    #endif
    #include <errno.h>
    #include <fcntl.h>
    #include <linux/openat2.h>
    #include <sched.h>
    #include <stdint.h>
    #include <sys/inotify.h>
    #include <sys/mount.h>
    #include <sys/stat.h>
    #include <sys/syscall.h>
    #include <sys/vfs.h>
    #include <unistd.h>

    #include "members.h"

    /* The numbers of 5.1 and later are the same on every architecture. */
    enum { NR_open_tree = 428, NR_move_mount = 429, NR_fsopen = 430, NR_fsconfig = 431, NR_fsmount = 432,
           NR_openat2 = 437, NR_mount_setattr = 442 };

    struct attributes { uint64_t set, clear, propagation, userns; };

    static int hull_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
    {
        struct open_how how = { .flags = flags, .mode = mode, .resolve = resolve };
        return syscall(NR_openat2, directory, path, &how, sizeof how);
    }

    static int hull_open_tree(int directory, const char *path, unsigned int flags)
    {
        return syscall(NR_open_tree, directory, path, flags);
    }

    static int hull_move_mount(int from, const char *source, int to, const char *target, unsigned int flags)
    {
        return syscall(NR_move_mount, from, source, to, target, flags);
    }

    static int hull_mount_setattr(int directory, const char *path, unsigned int flags, uint64_t set, uint64_t clear,
                                  uint64_t propagation, int userns)
    {
        struct attributes a = { set, clear, propagation, userns < 0 ? 0 : (uint64_t)userns };
        return syscall(NR_mount_setattr, directory, path, flags, &a, sizeof a);
    }

    static int hull_fsopen(const char *type, unsigned int flags)
    {
        return syscall(NR_fsopen, type, flags);
    }

    static int hull_fsconfig(int context, unsigned int command, const char *key, const char *value, int aux)
    {
        return syscall(NR_fsconfig, context, command, key, value, aux);
    }

    static int hull_fsmount(int context, unsigned int flags, unsigned int attributes)
    {
        return syscall(NR_fsmount, context, flags, attributes);
    }

    static int hull_mount(const char *source, const char *target, const char *type, unsigned long flags,
                          const char *data)
    {
        return mount(source, target, type, flags, data);
    }

    static int hull_setns(int fd, int kinds) { return setns(fd, kinds); }
    static int hull_unshare(int kinds) { return unshare(kinds); }
    static int hull_syncfs(int fd) { return syncfs(fd); }

    static int hull_renameat2(int from, const char *old, int to, const char *name, unsigned int flags)
    {
        return syscall(SYS_renameat2, from, old, to, name, flags);
    }

    static int hull_inotify(void) { return inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }
    static int hull_inotify_add(int fd, const char *path, uint32_t mask) { return inotify_add_watch(fd, path, mask); }

    /* The magic number alone, as an unsigned 32-bit value: its type differs between architectures. */
    static long hull_statfs_type(const char *path)
    {
        struct statfs found;
        return statfs(path, &found) ? -1 : (long)(uint32_t)found.f_type;
    }

    /* When a file came to be, in ns since the epoch; 0 where its file system does not tell. */
    static int64_t hull_birth(int directory, const char *name)
    {
        struct statx found;
        if (statx(directory, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &found))
            return -1;
        if (!(found.stx_mask & STATX_BTIME))
            return 0;
        return found.stx_btime.tv_sec * INT64_C(1000000000) + found.stx_btime.tv_nsec;
    }
    """,
    sources=[f"{PLACE}/members.c"],
    depends=[f"{PLACE}/members.h"],
    include_dirs=[PLACE],
    define_macros=[("_GNU_SOURCE", None)],
    py_limited_api=True,
)

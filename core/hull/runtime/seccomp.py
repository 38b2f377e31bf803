"""Seccomp filters as the plan carries them: hex of a struct sock_filter[].

The default is Docker's allow-list with words of our own: what the tables name and the list refuses is EPERM, what they
do not name is ENOSYS, so a libc newer than they are falls back; unshare is allowed without namespaces, as clone is; x32
is refused whole, 32-bit x86 has a table of its own, 32-bit ARM is refused whole. A container shares the caller's
terminal, so TIOCSTI and TIOCLINUX stay refused whatever profile was asked (`guard`).
"""

import os
from errno import EAFNOSUPPORT, ENOSYS, EPERM
from functools import lru_cache

from hull.errors import HostError
from hull.runtime import bpf, syscalls
from hull.runtime.bpf import ALLOW, ERRNO, Condition, Instruction, Rule, Rules

_ALLOWED = """
    read write open close creat openat openat2 close_range dup dup2 dup3 fcntl fcntl64 flock pread64 pwrite64 readv
    writev preadv pwritev preadv2 pwritev2 lseek _llseek sendfile sendfile64 splice tee vmsplice copy_file_range
    readahead fadvise64 fadvise64_64 fallocate truncate truncate64 ftruncate ftruncate64 fsync fdatasync sync syncfs
    sync_file_range pipe pipe2 select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64 epoll_create
    epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd
    signalfd4 timerfd_create timerfd_settime timerfd_settime64 timerfd_gettime timerfd_gettime64 inotify_init
    inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark io_setup io_destroy io_submit io_cancel
    io_getevents io_pgetevents io_pgetevents_time64

    stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx statfs statfs64 fstatfs fstatfs64 statmount
    listmount access faccessat faccessat2 getcwd chdir fchdir mkdir mkdirat mknod mknodat rmdir unlink unlinkat rename
    renameat renameat2 link linkat symlink symlinkat readlink readlinkat getdents getdents64 chmod fchmod fchmodat
    fchmodat2 chown chown32 fchown fchown32 lchown lchown32 fchownat umask utime utimes futimesat utimensat
    utimensat_time64 name_to_handle_at getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr setxattrat
    listxattr llistxattr flistxattr listxattrat removexattr lremovexattr fremovexattr removexattrat cachestat

    mmap mmap2 munmap mremap mprotect madvise mincore msync brk mlock mlock2 mlockall munlock munlockall mseal
    map_shadow_stack remap_file_pages memfd_create memfd_secret membarrier pkey_alloc pkey_free pkey_mprotect shmget
    shmat shmctl shmdt semget semop semctl semtimedop semtimedop_time64 msgget msgsnd msgrcv msgctl ipc mq_open
    mq_unlink mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64 mq_notify mq_getsetattr

    fork vfork execve execveat exit exit_group wait4 waitid waitpid kill tkill tgkill pidfd_open pidfd_send_signal
    process_mrelease ptrace process_vm_readv process_vm_writev prctl seccomp landlock_create_ruleset landlock_add_rule
    landlock_restrict_self set_tid_address set_thread_area get_thread_area arch_prctl modify_ldt rseq uretprobe
    set_robust_list get_robust_list futex futex_time64 futex_wait futex_wake futex_waitv futex_requeue restart_syscall
    rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
    rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack sigprocmask sigreturn pause

    getpid getppid gettid getpgid getpgrp setpgid getsid setsid getuid getuid32 geteuid geteuid32 getgid getgid32
    getegid getegid32 getresuid getresuid32 getresgid getresgid32 getgroups getgroups32 setuid setuid32 setgid
    setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32 setfsuid setfsuid32
    setfsgid setfsgid32 setgroups setgroups32 capget capset getpriority setpriority ioprio_get ioprio_set getrlimit
    ugetrlimit setrlimit prlimit64 getrusage times sched_yield sched_getaffinity sched_setaffinity sched_getattr
    sched_setattr sched_getparam sched_setparam sched_getscheduler sched_setscheduler sched_get_priority_max
    sched_get_priority_min sched_rr_get_interval sched_rr_get_interval_time64 getcpu sysinfo uname getrandom

    time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep
    clock_nanosleep_time64 clock_adjtime clock_adjtime64 adjtimex nanosleep alarm getitimer setitimer timer_create
    timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64

    socketcall socketpair bind listen accept accept4 connect getsockname getpeername getsockopt setsockopt shutdown
    sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg recvmmsg_time64
"""

_BY_CAPABILITY = {
    "CAP_DAC_READ_SEARCH": "open_by_handle_at",
    "CAP_SYS_ADMIN": """bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr
        lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd
        setdomainname sethostname setns syslog umount umount2 unshare""",
    "CAP_SYS_BOOT": "reboot",
    "CAP_SYS_CHROOT": "chroot",
    "CAP_SYS_MODULE": "delete_module init_module finit_module",
    "CAP_SYS_PACCT": "acct",
    "CAP_SYS_PTRACE": "kcmp pidfd_getfd process_madvise",
    "CAP_SYS_RAWIO": "iopl ioperm",
    "CAP_SYS_TIME": "settimeofday stime clock_settime clock_settime64",
    "CAP_SYS_TTY_CONFIG": "vhangup",
    "CAP_SYS_NICE": "get_mempolicy mbind set_mempolicy set_mempolicy_home_node",
    "CAP_SYSLOG": "syslog",
    "CAP_BPF": "bpf",
    "CAP_PERFMON": "perf_event_open",
}

# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; unshare also takes CLONE_NEWTIME, where clone has
# the exit signal.
_NAMESPACES = 0x7E020000
_NEWTIME = 0x80
_X32_BIT = 0x40000000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_AF_ALG, _AF_VSOCK = 38, 40
_FAMILIES = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: what a network namespace rules, or no network
_PERSONALITIES = (0x0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF)

_ALLOW: Rules = (Rule(ALLOW),)
_REFUSE: Rules = (Rule(ERRNO | EPERM),)
_TERMINAL: Rules = tuple(Rule(ERRNO | EPERM, (Condition(1, "==", r),)) for r in (_TIOCSTI, _TIOCLINUX)) + _ALLOW


@lru_cache(maxsize=8)
def build(capabilities: frozenset[str], machine: str = "", alone: bool = False) -> str:
    """Return the default filter for a program that may hold `capabilities` (CAP_ names); a pure function of these.

    For one that is `alone` in its map what it allows of `fake_ids` is faked in the same filter: one costs less than
    two. A shell starts many containers with the same ones: each set is built once a process.
    """
    known = _rules(capabilities)
    verdicts = {}
    for arch in _architectures(machine):
        table = {number: known.get(name, _REFUSE) for number, name in syscalls.numbers(arch).items()}
        if alone:
            faked = _faked(arch, 0, 0)
            table.update((number, faked[number]) for number in faked if table.get(number) == _ALLOW)
        verdicts[arch] = bpf.block(table, ERRNO | ENOSYS)
    return assemble(verdicts, ERRNO | ENOSYS)


def guard(machine: str = "") -> str:
    """Return the filter that only keeps a shared terminal safe: no TIOCSTI, no TIOCLINUX, no x32 with its own ioctl."""
    verdicts = {}
    for arch in _architectures(machine):
        table = {number: _TERMINAL for number, name in syscalls.numbers(arch).items() if name == "ioctl"}
        if arch == syscalls.AUDIT_ARM:
            table[54] = _TERMINAL
        verdicts[arch] = bpf.block(table, ALLOW)
    return assemble(verdicts, ERRNO | ENOSYS)


def fake_ids(uid: int = 0, gid: int = 0, machine: str = "") -> str:
    """Return the filter that tells a program alone in its map that changing ids worked (`hull.runtime.fakeids`)."""
    verdicts = {arch: bpf.block(_faked(arch, uid, gid), ALLOW) for arch in _architectures(machine)}
    return assemble(verdicts, ERRNO | ENOSYS)


def sockets(machine: str = "") -> str:
    """Return the filter of a container whose network is filtered: no socket that knows no network namespace (vsock)."""
    rules = (*(Rule(ALLOW, (Condition(0, "==", family),)) for family in _FAMILIES), Rule(ERRNO | EAFNOSUPPORT))
    known = {"socket": rules, "socketpair": rules, "socketcall": (Rule(ERRNO | ENOSYS),)}  # its arguments are unseen
    return only(known, ERRNO | ENOSYS, machine)


def only(rules: dict[str, Rules], otherwise: int, machine: str = "") -> str:
    """Return a filter that rules these calls and allows every other; of an unknown architecture, `otherwise`."""
    verdicts = {}
    for arch in _architectures(machine):
        table = {number: rules[name] for number, name in syscalls.numbers(arch).items() if name in rules}
        verdicts[arch] = bpf.block(table, ALLOW)
    return assemble(verdicts, otherwise)


def filters(profile: str, capabilities: frozenset[str], alone: bool = False) -> tuple[str, ...]:
    """Return the filters of one container, in the order in which the plan installs them.

    `profile` is empty (the default), `unconfined`, or the path of a Docker seccomp profile; a program that is `alone`
    in its map has its changes of ids faked. Where several filters refuse one call the last installed names the error:
    ids are faked only where the profile allows the call.
    """
    if not profile:
        return (build(capabilities, alone=alone),)
    first = (fake_ids(), guard()) if alone else (guard(),)
    if profile == "unconfined":
        return first
    from hull.runtime import profile as docker

    return (*first, docker.build(profile, capabilities))


def assemble(blocks: dict[int, list[Instruction]], default: int) -> str:
    """Return the filter of these blocks, x32 refused."""
    x32 = [(0x20, 0, 0, 0), (0x35, 0, 1, _X32_BIT), (0x06, 0, 0, ERRNO | ENOSYS)]
    if syscalls.AUDIT_X86_64 in blocks:
        blocks[syscalls.AUDIT_X86_64] = x32 + blocks[syscalls.AUDIT_X86_64][1:]
    return bpf.encode(bpf.program(list(blocks.items()), default))


def _faked(arch: int, uid: int, gid: int) -> dict[int, Rules]:
    from hull.runtime import fakeids

    return fakeids.rules(arch, uid, gid)


def _architectures(machine: str) -> tuple[int, ...]:
    name = machine or os.uname().machine
    found = syscalls.architectures(name)
    if not found:
        raise HostError(
            f"cannot build a seccomp filter for {name}: no system call table", "hull runs on x86_64, aarch64"
        )
    return found


def _rules(capabilities: frozenset[str]) -> dict[str, Rules]:
    rules = dict.fromkeys(_ALLOWED.split(), _ALLOW)
    rules["ioctl"] = _TERMINAL
    rules["socket"] = (
        *(Rule(ERRNO | EAFNOSUPPORT, (Condition(0, "==", family),)) for family in (_AF_ALG, _AF_VSOCK)),
        *_ALLOW,
    )
    rules["personality"] = (*(Rule(ALLOW, (Condition(0, "==", value),)) for value in _PERSONALITIES), *_REFUSE)
    rules["clone"] = (Rule(ALLOW, (Condition(0, "&=", _NAMESPACES),)), *_REFUSE)
    rules["unshare"] = (Rule(ALLOW, (Condition(0, "&=", _NAMESPACES | _NEWTIME),)), *_REFUSE)
    rules["clone3"] = (Rule(ERRNO | ENOSYS),)
    for capability, names in _BY_CAPABILITY.items():
        if capability in capabilities:
            rules.update(dict.fromkeys(names.split(), _ALLOW))
    return rules

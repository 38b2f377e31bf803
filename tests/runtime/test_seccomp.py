import errno
import os
import platform

import pytest
from hull.errors import HostError
from hull.runtime import seccomp, syscalls

from tests.runtime import filters
from tests.runtime.filters import verdict

X86, I386, ARM64 = syscalls.AUDIT_X86_64, syscalls.AUDIT_I386, syscalls.AUDIT_AARCH64
MACHINES = {X86: "x86_64", I386: "x86_64", ARM64: "aarch64"}
NONE = frozenset()
TIOCSTI, TIOCLINUX, TCGETS = 0x5412, 0x541C, 0x5401
NEWUSER, NEWNS, NEWTIME, FILES = 0x10000000, 0x20000, 0x80, 0x400


def ask(arch, name, *args, caps=NONE, build=seccomp.build):
    numbers = {n: i for i, n in syscalls.numbers(arch).items()}
    code = seccomp.guard(MACHINES[arch]) if build is seccomp.guard else build(caps, MACHINES[arch])
    return verdict(code, arch, numbers[name], *args)


REFUSED = """
    kexec_load keyctl add_key request_key bpf perf_event_open userfaultfd io_uring_setup io_uring_enter
    io_uring_register mount umount2 pivot_root setns init_module finit_module delete_module reboot swapon
    open_by_handle_at acct settimeofday syslog move_mount fsopen open_tree mount_setattr chroot
"""


each_arch = pytest.mark.parametrize("arch", MACHINES)


@each_arch
def test_what_programs_need_is_allowed(arch):
    for name in ("read", "write", "execve", "rt_sigreturn", "futex", "exit_group", "prctl", "ptrace"):
        assert ask(arch, name) == "allow", name


@each_arch
def test_known_calls_that_are_refused_say_eperm(arch):
    assert {name: ask(arch, name) for name in REFUSED.split()} == dict.fromkeys(REFUSED.split(), "EPERM")


@each_arch
def test_unknown_calls_and_clone3_say_enosys_so_that_a_libc_falls_back(arch):
    code = seccomp.build(NONE, MACHINES[arch])
    for number in (467, 500, 5000, 0x3FFFFFFF):
        assert verdict(code, arch, number) == "ENOSYS", number
    assert ask(arch, "clone3") == "ENOSYS"
    assert ask(arch, "clone3", caps=frozenset(["CAP_SYS_ADMIN"])) == "allow"


def test_x32_and_arm_32_are_refused_whole():
    for number in (0x40000000, 0x40000000 | 16, 0x40000000 | 514, 0xFFFFFFFF):
        assert verdict(seccomp.build(NONE, "x86_64"), X86, number) == "ENOSYS"
        assert verdict(seccomp.guard("x86_64"), X86, number) == "ENOSYS"
    assert verdict(seccomp.build(NONE, "aarch64"), syscalls.AUDIT_ARM, 4) == "ENOSYS"
    assert verdict(seccomp.guard("aarch64"), syscalls.AUDIT_ARM, 54, 0, TIOCSTI) == "EPERM"


def test_an_architecture_of_another_machine_is_refused():
    assert verdict(seccomp.build(NONE, "x86_64"), ARM64, 63) == "ENOSYS"
    assert verdict(seccomp.guard("x86_64"), ARM64, 63) == "ENOSYS"


def test_a_machine_without_a_table_is_an_error():
    with pytest.raises(HostError, match="vax"):
        seccomp.build(NONE, "vax")


@each_arch
@pytest.mark.parametrize("build", [seccomp.build, seccomp.guard])
def test_terminal_injection_is_refused_whatever_the_upper_bits(arch, build):
    for request in (TIOCSTI, TIOCLINUX):
        for upper in (0, 1, 0x80000000, 0xFFFFFFFF):
            assert ask(arch, "ioctl", 0, request | upper << 32, build=build) == "EPERM"
    assert ask(arch, "ioctl", 0, TCGETS, build=build) == "allow"
    assert ask(arch, "ioctl", TIOCSTI, TCGETS, TIOCLINUX, build=build) == "allow"


@each_arch
def test_namespaces_need_sys_admin(arch):
    for call, flags in (("clone", NEWUSER), ("clone", NEWNS | 17), ("unshare", NEWUSER), ("unshare", NEWTIME)):
        assert ask(arch, call, flags) == "EPERM", (call, hex(flags))
        assert ask(arch, call, flags, caps=frozenset(["CAP_SYS_ADMIN"])) == "allow"
    assert ask(arch, "clone", 0x01200011) == "allow"
    assert ask(arch, "clone", NEWTIME | 17) == "allow", "there 0x80 is part of the exit signal"
    assert ask(arch, "unshare", FILES) == "allow"


@each_arch
def test_personality_and_socket_families(arch):
    allowed = [v for v in range(0x40000) if v in (0, 8, 0x20000, 0x20008)]
    for value in (*allowed, 0xFFFFFFFF):
        assert ask(arch, "personality", value) == "allow"
    for value in (0x40000, 0x400000, 1, 9):
        assert ask(arch, "personality", value) == "EPERM"
    assert [f for f in range(46) if ask(arch, "socket", f) != "allow"] == [38, 40]
    assert ask(arch, "socket", 38 | 1 << 32) == "EAFNOSUPPORT"


@pytest.mark.parametrize(
    ("capability", "name"),
    [
        ("CAP_SYS_CHROOT", "chroot"),
        ("CAP_DAC_READ_SEARCH", "open_by_handle_at"),
        ("CAP_SYS_ADMIN", "mount"),
        ("CAP_SYS_ADMIN", "setns"),
        ("CAP_SYSLOG", "syslog"),
        ("CAP_BPF", "bpf"),
        ("CAP_PERFMON", "perf_event_open"),
        ("CAP_SYS_NICE", "mbind"),
        ("CAP_SYS_TIME", "clock_settime"),
        ("CAP_SYS_PTRACE", "kcmp"),
        ("CAP_SYS_MODULE", "finit_module"),
        ("CAP_SYS_BOOT", "reboot"),
    ],
)
def test_a_capability_opens_its_calls(capability, name):
    assert ask(X86, name) == "EPERM"
    assert ask(X86, name, caps=frozenset([capability])) == "allow"


def test_kexec_and_keys_stay_closed_to_every_capability():
    from hull.runtime import caps

    everything = caps.resolve(("ALL",), ())[0]
    for name in ("kexec_load", "kexec_file_load", "keyctl", "add_key", "userfaultfd", "io_uring_setup", "swapon"):
        assert ask(X86, name, caps=everything) == "EPERM", name


def test_every_allowed_name_is_in_a_table():
    names = set().union(*(syscalls.numbers(arch).values() for arch in MACHINES))
    conditional = " ".join(seccomp._BY_CAPABILITY.values())
    assert set(f"{seccomp._ALLOWED} {conditional}".split()) - names == set()


def test_filters_of_each_profile(tmp_path):
    assert seccomp.filters("", NONE) == (seccomp.build(NONE),)
    assert seccomp.filters("unconfined", NONE) == (seccomp.guard(),)
    path = tmp_path / "p.json"
    path.write_text('{"defaultAction": "SCMP_ACT_ALLOW"}')
    assert seccomp.filters(str(path), NONE)[0] == seccomp.guard()
    assert len(seccomp.filters(str(path), NONE)) == 2


native = pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="no table for this machine")
HERE = syscalls.architectures(platform.machine())[:1]
NUMBER = {name: number for number, name in syscalls.numbers(HERE[0]).items()} if HERE else {}


@native
def test_the_kernel_takes_the_default_filter_and_obeys_it():
    def body():
        with open("/proc/self/stat") as file:
            alive = bool(file.read())
        return {
            "alive": alive,
            "unshare": filters.syscall(NUMBER["unshare"], NEWUSER),
            "files": filters.syscall(NUMBER["unshare"], FILES),
            "keyctl": filters.syscall(NUMBER["keyctl"], 0, 0, 0, 0, 0),
            "unknown": filters.syscall(480),
            "clone3": filters.syscall(NUMBER["clone3"], None, 0),
            "sti": filters.syscall(NUMBER["ioctl"], -1, TIOCSTI | 1 << 32, b"x"),
            "tcgets": filters.syscall(NUMBER["ioctl"], -1, TCGETS, None),
        }

    answers = filters.under((seccomp.build(NONE),), body)
    assert answers == {
        "alive": True,
        "unshare": "EPERM",
        "files": "ok",
        "keyctl": "EPERM",
        "unknown": "ENOSYS",
        "clone3": "ENOSYS",
        "sti": "EPERM",
        "tcgets": "EBADF",
    }


@native
def test_a_pseudo_terminal_takes_no_typed_characters_under_the_guard():
    def body():
        _, side = os.openpty()
        requests = (TIOCSTI, TIOCSTI | 1 << 32, TIOCLINUX, TIOCLINUX | 7 << 32)
        answers = [filters.syscall(NUMBER["ioctl"], side, request, b"\x02") for request in requests]
        os.set_blocking(side, False)
        try:
            answers.append(os.read(side, 1).decode())
        except BlockingIOError:
            answers.append("nothing")
        return answers

    assert filters.under((seccomp.guard(),), body) == [*["EPERM"] * 4, "nothing"]


@native
def test_faked_ids_return_success_and_change_nothing(tmp_path):
    path = os.fsencode(tmp_path / "f")
    with open(path, "w"):
        pass
    uid, gid = os.getuid(), os.getgid()

    def body():
        os.chown(path, 4711, 4712)
        os.setgroups([1, 2, 3])
        os.setresuid(33, 33, 33)
        os.setresgid(uid + 1, uid + 1, uid + 1)
        os.mknod(f"{tmp_path}/sda", 0o060600, os.makedev(8, 0))
        os.mknod(f"{tmp_path}/fifo", 0o010600)
        os.setresuid(uid, -1, -1)
        missing = filters.syscall(NUMBER["fchownat"], -100, path + b"x", uid, gid, 0)
        return [os.getresuid(), os.getresgid(), os.stat(path).st_uid, sorted(os.listdir(tmp_path)), missing]

    answers = filters.under((seccomp.fake_ids(uid, gid), seccomp.build(NONE)), body)
    assert answers == [[uid] * 3, [gid] * 3, uid, ["f", "fifo"], "ENOENT"]


@native
def test_a_later_refusal_wins_over_a_fake():
    def body():
        return filters.syscall(NUMBER["setgroups"], 0, None)

    from hull.runtime import bpf

    refusal = {HERE[0]: bpf.block({NUMBER["setgroups"]: (bpf.Rule(bpf.ERRNO | errno.EACCES),)}, bpf.ALLOW)}
    last = seccomp.assemble(refusal, bpf.ALLOW)
    assert filters.under((seccomp.fake_ids(), last), body) == "EACCES"


@pytest.mark.parametrize("arch", [X86, I386, ARM64])
@pytest.mark.parametrize("args", [(0,) * 6, (5,) * 6, (0xFFFFFFFF,) * 6, (1, 0o20644, 0o20644, 1)])
def test_one_filter_for_a_program_alone_in_its_map_says_what_the_two_said(arch, args):
    machine = MACHINES[arch]
    default, fakes, both = (
        seccomp.build(NONE, machine),
        seccomp.fake_ids(machine=machine),
        seccomp.build(NONE, machine, alone=True),
    )
    for number in range(600):
        first = verdict(default, arch, number, *args)
        expected = verdict(fakes, arch, number, *args) if first == "allow" else first
        assert verdict(both, arch, number, *args) == expected, number

import pytest
from hull.runtime import seccomp, syscalls

from tests.runtime.filters import verdict

X86, I386, ARM64 = syscalls.AUDIT_X86_64, syscalls.AUDIT_I386, syscalls.AUDIT_AARCH64
MINUS = 0xFFFFFFFF


def ask(arch, name, *args, ids=(0, 0)):
    number = {n: i for i, n in syscalls.numbers(arch).items()}[name]
    return verdict(seccomp.fake_ids(*ids, "aarch64" if arch == ARM64 else "x86_64"), arch, number, *args)


@pytest.mark.parametrize(("arch", "suffix"), [(X86, ""), (I386, "32"), (ARM64, "")], ids=["x86_64", "i386", "aarch64"])
def test_ids_that_are_not_mapped_are_faked_and_the_mapped_one_is_real(arch, suffix):
    for name in ("setuid", "setgid", "setfsuid", "setfsgid"):
        assert ask(arch, name + suffix, 0) == "allow"
        assert ask(arch, name + suffix, 100) == "done"
    for name in ("setresuid", "setresgid"):
        assert ask(arch, name + suffix, MINUS, 0, MINUS) == "allow"
        for place in range(3):
            args = [0, 0, 0]
            args[place] = 33
            assert ask(arch, name + suffix, *args) == "done"
    assert ask(arch, "fchown" + suffix, 5, 0, 0) == "allow"
    assert ask(arch, "fchown" + suffix, 5, 0, 8) == "done"
    assert ask(arch, "fchownat", 5, 1, 0, MINUS, 0) == "allow"
    assert ask(arch, "fchownat", 5, 1, 7, MINUS, 0) == "done"
    assert ask(arch, "setgroups" + suffix, 0, 0) == "done"


def test_upper_halves_of_ids_do_not_matter():
    assert ask(X86, "chown", 1, 0xFFFFFFFFFFFFFFFF, 7 << 32) == "allow"


def test_another_mapped_id_than_zero():
    assert ask(X86, "chown", 1, 1000, 1001, ids=(1000, 1001)) == "allow"
    assert ask(X86, "chown", 1, 0, 0, ids=(1000, 1001)) == "done"


@pytest.mark.parametrize("arch", [X86, I386, ARM64])
def test_device_nodes_are_faked_other_nodes_and_whiteouts_are_real(arch):
    assert ask(arch, "mknodat", 5, 1, 0o020666, 0x103) == "done"
    assert ask(arch, "mknodat", 5, 1, 0o060666, 0) == "done"
    assert ask(arch, "mknodat", 5, 1, 0o020666, 0) == "allow"
    for mode in (0o010666, 0o140666, 0o100666, 0o666):
        assert ask(arch, "mknodat", 5, 1, mode, 0x103) == "allow"


def test_capabilities_are_really_given_up_and_the_rest_is_untouched():
    for name in ("capset", "read", "execve", "chmod", "setxattr"):
        assert ask(X86, name, 1, 2, 3) == "allow"

import json

import pytest
from hull.errors import UserError
from hull.runtime import profile, syscalls

from tests.runtime.filters import verdict

X86, I386 = syscalls.AUDIT_X86_64, syscalls.AUDIT_I386
NUMBER = {name: number for number, name in syscalls.numbers(X86).items()}
NONE = frozenset()


@pytest.fixture
def translate(tmp_path):
    def write(content, caps=NONE):
        path = tmp_path / "profile.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return profile.build(str(path), caps, "x86_64")

    return write


def rule(names, action="SCMP_ACT_ALLOW", **more):
    return {"names": names, "action": action, **more}


def refusing(*rules, **more):
    return {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": list(rules), **more}


def ask(code, name, *args, arch=X86):
    return verdict(code, arch, NUMBER[name], *args)


def test_default_and_names(translate):
    code = translate(refusing(rule(["read", "write", "openat2"])))
    assert (ask(code, "read"), ask(code, "mount")) == ("allow", "EPERM")
    code = translate({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule(["mkdir"], "SCMP_ACT_KILL_PROCESS")]})
    assert (ask(code, "read"), ask(code, "mkdir")) == ("allow", "0x80000000")


def test_calls_newer_than_the_profile_are_enosys_where_it_refuses(translate):
    code = translate(refusing(rule(["read", "openat2"])))
    assert ask(code, "faccessat2") == "ENOSYS"
    assert ask(code, "pidfd_open") == "EPERM"
    assert verdict(translate({"defaultAction": "SCMP_ACT_ALLOW"}), X86, 900) == "allow"


def test_errno_and_the_older_single_name(translate):
    code = translate(
        refusing(
            {"name": "mkdir", "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
            rule(["rmdir"], "SCMP_ACT_TRACE", errnoRet=7),
            defaultErrnoRet=1,
        )
    )
    assert ask(code, "mkdir") == "EACCES"
    assert ask(code, "rmdir") == "0x7ff00007"


def test_arguments_all_of_one_rule_any_of_several(translate):
    args = [
        {"index": 0, "value": 16, "op": "SCMP_CMP_EQ"},
        {"index": 2, "value": 9, "valueTwo": 0, "op": "SCMP_CMP_NE"},
    ]
    masked = [{"index": 0, "value": 0x7E020000, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]
    twice = [{"index": 0, "value": v, "op": "SCMP_CMP_EQ"} for v in (0, 8)]
    code = translate(
        refusing(rule(["socket"], args=args), rule(["clone"], args=masked), rule(["personality"], args=twice))
    )
    assert [ask(code, "socket", *a) for a in ((16, 1, 0), (16, 1, 9), (2, 1, 0))] == ["allow", "EPERM", "EPERM"]
    assert [ask(code, "clone", f) for f in (17, 0x10000000)] == ["allow", "EPERM"]
    assert [ask(code, "personality", p) for p in (0, 8, 1)] == ["allow", "allow", "EPERM"]
    assert ask(code, "personality", 1 << 32) == "EPERM", "a profile compares 64 bits"


def test_the_strictest_rule_decides_whatever_the_order(translate):
    one = [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]
    rules = [
        rule(["ioctl"]),
        rule(["ioctl"], "SCMP_ACT_ERRNO", args=one),
        rule(["ioctl"], "SCMP_ACT_KILL_PROCESS", args=one),
    ]
    for order in (rules, rules[::-1]):
        code = translate({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": order})
        assert [ask(code, "ioctl", n) for n in (1, 2)] == ["0x80000000", "allow"]


def test_includes_and_excludes(translate):
    content = refusing(
        rule(["mount"], includes={"caps": ["CAP_SYS_ADMIN"]}),
        rule(["chroot"], excludes={"caps": ["CAP_SYS_ADMIN"]}),
        rule(["modify_ldt"], includes={"arches": ["amd64"]}),
        rule(["mkdir"], includes={"arches": ["arm64"]}),
        rule(["ptrace"], includes={"minKernel": "4.8"}),
        rule(["rmdir"], includes={"minKernel": "99.0"}),
        rule(["landlock_restrict_self"]),
    )
    names = ("mount", "chroot", "modify_ldt", "mkdir", "ptrace", "rmdir")
    code = translate(content)
    assert [ask(code, n) for n in names] == ["EPERM", "allow", "allow", "EPERM", "allow", "EPERM"]
    code = translate(content, frozenset(["CAP_SYS_ADMIN"]))
    assert [ask(code, n) for n in names[:2]] == ["allow", "EPERM"]


def test_compatible_architectures_only_where_listed(translate):
    exit_call = 1
    assert verdict(translate(refusing(rule(["exit"]))), I386, exit_call) == "ENOSYS"
    archs = [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]}]
    for more in ({"archMap": archs}, {"architectures": ["SCMP_ARCH_X86"]}):
        code = translate(refusing(rule(["exit"]), **more))
        assert verdict(code, I386, exit_call) == "allow"
        assert verdict(code, X86, 0x40000000) == "ENOSYS"


def test_names_of_other_machines_are_ignored_where_that_is_no_weaker(translate):
    assert ask(translate(refusing(rule(["s390_runtime_instr", "read"]))), "read") == "allow"
    with pytest.raises(UserError, match="future_call"):
        translate({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule(["future_call"], "SCMP_ACT_ERRNO")]})


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        "{}",
        {"defaultAction": "SCMP_ACT_NOTIFY"},
        {"defaultAction": "SCMP_ACT_ERRNO", "listenerPath": "/x"},
        refusing(rule(["read"], "SCMP_ACT_NOTIFY")),
        refusing(rule(["read"], args=[{"index": 9, "value": 0, "op": "SCMP_CMP_EQ"}])),
        refusing(rule(["read"], args=[{"index": 0, "value": 0, "op": "SCMP_CMP_LIKE"}])),
        refusing(rule(["read"], args=[{"index": 0, "value": -1, "op": "SCMP_CMP_EQ"}])),
        "[" * 100_000,
    ],
)
def test_a_profile_that_cannot_be_put_in_force_is_an_error(translate, content):
    with pytest.raises(UserError, match="seccomp profile"):
        translate(content)


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        profile.build(str(tmp_path / "none"), NONE)
    with pytest.raises(UserError, match="directory"):
        profile.build(str(tmp_path), NONE)

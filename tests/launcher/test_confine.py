"""What the program may not do: capabilities, filters, limits, where it starts."""

import os
import struct
import subprocess

import pytest

from tests.launcher.conftest import Box

DEFAULT = "00000000a80425fb"  # Docker's fourteen
REFUSE_MKDIR = (  # seccomp: EPERM for mkdir and mkdirat on x86_64, everything else allowed
    (0x20, 0, 0, 0), (0x15, 2, 0, 83), (0x15, 1, 0, 258), (0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x00050001),
)  # fmt: skip
FILTER = "".join(struct.pack("<HBBI", *instruction).hex() for instruction in REFUSE_MKDIR)
SHOW = ("grep", "^Cap\\|^NoNewPrivs\\|^Seccomp:", "/proc/self/status")


def shown(box: Box, *extra: tuple[str, ...]) -> dict[str, str]:
    done = box.run(*SHOW, extra=extra)
    assert done.code == 0, done.err
    return dict(line.split() for line in done.out.replace(":", "").splitlines())


def test_roots_capabilities_are_the_bounding_set(box: Box) -> None:
    found = shown(box, ("capabilities", DEFAULT, "0"))
    assert found["CapBnd"] == found["CapPrm"] == found["CapEff"] == DEFAULT
    assert found["CapInh"] == found["CapAmb"] == "0" * 16


def test_another_user_has_none(ranged: Box) -> None:
    found = shown(ranged, ("capabilities", DEFAULT, "0"), ("user", "5"))
    assert found["CapBnd"] == DEFAULT
    assert {found[name] for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")} == {"0" * 16}


def test_ambient_capabilities_reach_another_user(ranged: Box) -> None:
    found = shown(ranged, ("capabilities", DEFAULT, "400"), ("user", "5"), ("seccomp", FILTER))
    assert found["CapAmb"] == found["CapPrm"] == found["CapEff"] == "400".zfill(16)


def test_a_filter_holds_for_root_and_others_and_costs_them_nothing(ranged: Box) -> None:
    for user in ("0", "5"):
        done = ranged.sh(
            "mkdir /tmp/x; id -u", extra=(("user", user), ("capabilities", DEFAULT, "0"), ("seccomp", FILTER))
        )
        assert done.out == f"{user}\n"
        assert "Operation not permitted" in done.err
        found = shown(ranged, ("user", user), ("capabilities", DEFAULT, "0"), ("seccomp", FILTER))
        assert (found["Seccomp"], found["NoNewPrivs"]) == ("2", "0")


def test_filters_add_up(box: Box) -> None:
    done = box.run("grep", "^Seccomp", "/proc/self/status", extra=(("seccomp", FILTER), ("seccomp", FILTER)))
    assert "Seccomp_filters:\t2" in done.out


def test_no_new_privileges(box: Box) -> None:
    assert shown(box, ("no-new-privileges",), ("capabilities", DEFAULT, "0"))["NoNewPrivs"] == "1"


@pytest.mark.parametrize("words", ["", "0600", "zz" * 8, "00" * 7, "00" * 8])
def test_a_filter_that_is_none_starts_nothing(box: Box, words: str) -> None:
    done = box.sh("echo started", extra=(("seccomp", words),))
    assert (done.code, done.out) == (125, "")
    assert done.event("failed")["op"] == "seccomp"


@pytest.mark.parametrize("masks", [("x", "0"), ("", "0"), (DEFAULT, "zz"), ("1", "2")])
def test_capabilities_that_are_none_start_nothing(box: Box, masks: tuple[str, str]) -> None:
    assert box.sh("echo started", extra=(("capabilities", *masks),)).code == 125


def test_workdir_is_made_and_followed_inside(box: Box) -> None:
    os.symlink("/deep/er", f"{box.layer}/link")
    assert box.sh("pwd -P; stat -c '%u %a' .", extra=(("workdir", "/link/x"),)).out == "/deep/er/x\n0 755\n"


@pytest.mark.parametrize(
    "path", ["/proc/self/fd/0", "/proc/self/fd/7", "/proc/1/root", "/proc/self/cwd", "relative", ""]
)
def test_workdir_never_leaves_by_a_descriptor(box: Box, path: str) -> None:
    done = box.sh("echo started", extra=(("workdir", path),))
    assert (done.code, done.out) == (125, "")


def test_workdir_through_a_link_to_a_descriptor(box: Box) -> None:
    os.symlink("/proc/self/fd/3", f"{box.layer}/way")
    assert box.sh("echo started", extra=(("workdir", "/way"),)).code == 125


def test_limits_and_umask(box: Box) -> None:
    extra = (("rlimit", "nofile", "100", "200"), ("rlimit", "core", "0", "0"), ("umask", "027"))
    assert box.sh("ulimit -n; ulimit -Hn; ulimit -c; umask", extra=extra).out == "100\n200\n0\n0027\n"
    assert box.sh("umask").out == "0022\n"


@pytest.mark.parametrize("limit", [("nofiles", "1", "1"), ("nofile", "x", "1"), ("nofile", "2", "1")])
def test_a_limit_that_is_none_starts_nothing(box: Box, limit: tuple[str, str, str]) -> None:
    assert box.sh("true", extra=(("rlimit", *limit),)).code == 125


def test_the_oom_score_is_the_programs(box: Box) -> None:
    script = "cat /proc/self/oom_score_adj /proc/1/oom_score_adj"
    assert box.sh(script, extra=(("oom-score", "500"),)).out == "500\n0\n"


def test_the_launchers_file_cannot_be_reached_by_its_owner_inside(box: Box) -> None:
    """The launcher is the caller's own, and the program may trace: only the sealed copy is left to follow."""
    own = f"{box.base}/own-launcher"
    with open(own, "wb") as copy, open(subprocess.list2cmdline([_program()]), "rb") as original:
        copy.write(original.read())
    os.chmod(own, 0o755)
    if os.geteuid() == 0 and box.owner:
        os.chown(own, *box.owner)
    before = os.stat(own)
    script = "chmod 777 /proc/1/exe; echo x > /proc/1/exe; readlink /proc/1/exe"
    fd = os.memfd_create("plan")
    os.write(fd, _encode(box.plan("sh", "-c", script)))
    done = subprocess.run(
        [own], env={"HULL_PLAN_FD": str(fd)}, pass_fds=(fd,), capture_output=True, text=True, check=False
    )
    os.close(fd)
    after = os.stat(own)
    assert "memfd:hull-launch" in done.stdout, done.stderr
    assert (after.st_mode, after.st_size, after.st_mtime_ns) == (before.st_mode, before.st_size, before.st_mtime_ns)


def _program() -> str:
    from hull.runtime.launch import program

    return program()


def _encode(plan: list[tuple[str, ...]]) -> bytes:
    from hull.runtime import ops

    return ops.encode(plan)

"""A confinement that was asked is in force, or the program never starts."""

import json

import pytest

from tests.cases.conftest import Up
from tests.commandline import CommandLine
from tests.security.conftest import Run


@pytest.mark.parametrize("option", ["apparmor=docker-default", "label=type:container_t", "nosuch", "seccomp=/no/such"])
def test_cve_2025_65105_what_cannot_be_applied_is_125(run: Run, option: str) -> None:
    done = run("--security-opt", option, "busybox", "echo", "started")
    assert done.returncode == 125
    assert b"started" not in done.stdout
    assert option.split("=", maxsplit=1)[0].encode() in done.stderr


def test_cve_2025_65105_a_profile_that_cannot_be_translated(run: Run, tmp_path: object) -> None:
    with open(f"{tmp_path}/p.json", "w") as file:
        json.dump({"defaultAction": "SCMP_ACT_NOTIFY"}, file)
    assert run("--security-opt", f"seccomp={tmp_path}/p.json", "busybox", "true").returncode == 125


def _seccomp(output: bytes) -> tuple[int, int]:
    words = dict(line.split(":") for line in output.decode().splitlines())
    return int(words["Seccomp"]), int(words.get("Seccomp_filters", "1"))


SHOW = ("grep", "Seccomp", "/proc/self/status")


def test_cve_2025_65105_the_filter_is_read_back(cli: CommandLine, run: Run, up: Up) -> None:
    mode, count = _seccomp(run("busybox", *SHOW).stdout)
    assert mode == 2
    assert count >= 1
    assert _seccomp(run("--security-opt=seccomp=unconfined", "busybox", *SHOW).stdout)[0] == 2
    up("cve-filter", "echo up; cat")
    assert _seccomp(cli("exec", "cve-filter", *SHOW).stdout)[0] == 2


def test_cve_2025_65105_a_profile_is_obeyed(run: Run, tmp_path: object) -> None:
    rule = {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 122}
    with open(f"{tmp_path}/p.json", "w") as file:
        json.dump({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}, file)
    done = run("--security-opt", f"seccomp={tmp_path}/p.json", "busybox", "mkdir", "/x")
    assert b"quota" in done.stderr.lower(), done


@pytest.mark.parametrize("flag", ["--memory=64m", "--pids-limit=20"])
def test_cve_2025_65105_a_limit_is_in_force_or_125(run: Run, flag: str) -> None:
    done = run(flag, "busybox", "sh", "-c", "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max")
    if done.returncode == 125:
        assert b"cgroup" in done.stderr.lower() or b"controller" in done.stderr.lower(), done
    else:
        assert {b"67108864", b"20"} & set(done.stdout.split()), done

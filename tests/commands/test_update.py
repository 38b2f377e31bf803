"""`update` on a machine that delegates nothing: refused with the way out, kept for the next start."""

import json

import pytest
from hull.commands import _limits
from hull.errors import UserError
from hull.model import Limits


@pytest.fixture
def running(cli, children):
    argv = ("run", "--name", "upd", "--network", "none", "busybox", "sh", "-c", "echo up; read go")
    child = cli.popen(*argv, stdin=-1, stdout=-1)
    children.append(child)
    assert child.stdout.readline() == b"up\n"
    yield child
    cli("rm", "-f", "upd")


def host_config(cli):
    return json.loads(cli("inspect", "upd", check=True).stdout)[0]["HostConfig"]


def test_a_running_one_without_a_group_is_told_the_way(cli, running):
    done = cli("update", "--memory", "64m", "upd")
    assert done.returncode == 125
    message, *hint = done.stderr.decode().splitlines()
    assert "cannot limit upd while it runs" in message
    assert "hull stop upd" in " ".join(hint)
    assert host_config(cli)["Memory"] == 0


def test_a_stopped_one_keeps_it_for_its_next_start(cli, running):
    cli("kill", "upd", check=True)
    running.wait(10)
    assert cli("update", "--memory", "64m", "--pids-limit", "9", "--restart", "on-failure:3", "upd").stdout == b"upd\n"
    assert (host_config(cli)["Memory"], host_config(cli)["PidsLimit"]) == (64 << 20, 9)
    cli("update", "--memory", "96m", "upd", check=True)
    assert (host_config(cli)["Memory"], host_config(cli)["PidsLimit"]) == (96 << 20, 9)
    refused = cli("update", "--memory-reservation", "1g", "upd")
    assert (refused.returncode, b"reserve more memory" in refused.stderr) == (125, True)


@pytest.mark.parametrize("words", [(), ("--memory", "x"), ("--restart", "sometimes"), ("--cpu-shares", "1")])
def test_what_cannot_be_changed(cli, words):
    cli("run", "--name", "upd", "--network", "none", "busybox", "true", check=True)
    done = cli("update", *words, "upd")
    cli("rm", "upd", check=True)
    assert done.returncode == 125
    assert b"hint" in done.stderr


@pytest.mark.parametrize("flag", ["--memory-swappiness=60", "--oom-kill-disable"])
def test_what_cgroup_v2_does_not_have_is_refused_with_the_reason(cli, flag):
    done = cli("run", "--rm", "--network", "none", flag, "busybox", "true")
    assert done.returncode == 125
    assert b"cgroup v2 has no such setting" in done.stderr


def test_the_oom_score_is_the_programs_own(cli):
    done = cli(
        "run", "--rm", "--network", "none", "--oom-score-adj", "321", "busybox", "cat", "/proc/self/oom_score_adj"
    )
    assert done.stdout == b"321\n", done.stderr


def test_flags_become_limits():
    made = _limits.read(
        memory="64m", cpu_shares=512, blkio_weight=300, read_bps=("/dev/a:1mb",), write_iops=("/dev/b:100",)
    )
    assert made == Limits(
        memory=64 << 20, shares=512, block_weight=300, devices=("rbps /dev/a 1048576", "wiops /dev/b 100")
    )
    assert made.asked
    assert not Limits(oom_score=1).asked
    assert not _limits.read(cpu_shares=0).asked, "Docker's way to say nothing"
    assert Limits.decode(json.loads(json.dumps(made._asdict()))) == made


@pytest.mark.parametrize(
    "asked",
    [
        {"cpu_shares": 1},
        {"blkio_weight": 5},
        {"oom_score_adj": 1001},
        {"read_bps": ("sda:1",)},
        {"read_iops": ("/dev/a:1mb",)},
        {"write_bps": ("/dev/a",)},
    ],
)
def test_what_is_no_limit(asked):
    with pytest.raises(UserError):
        _limits.read(**asked)


def test_an_update_changes_what_it_says():
    old = Limits(memory=1, pids=5, devices=("rbps /dev/a 1",))
    assert _limits.merge(old, Limits(memory=2, cpus=1.0)) == old._replace(memory=2, cpus=1.0)

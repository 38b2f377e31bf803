"""B55: a limit is in force, read back inside, or the run fails with the missing controller and the fix."""

import os

import pytest

from tests.commandline import CommandLine

LIMITS = [
    (("--memory", "64m"), "memory.max", b"67108864", b"memory"),
    (("--pids-limit", "33"), "pids.max", b"33", b"pids"),
    (("--cpus", "0.5"), "cpu.max", b"50000 100000", b"cpu"),
]


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit[3].decode())
@pytest.mark.parametrize("bare", [False, True], ids=["login", "cron"])
def test_b55_in_force_or_refused(
    cli: CommandLine, limit: tuple[tuple[str, ...], str, bytes, bytes], bare: bool
) -> None:
    flags, file, value, controller = limit
    env = {"PATH": "/usr/bin:/bin", "HOME": os.environ["HOME"], "HULL_ROOT": cli.root} if bare else None
    read = ("cat", f"/sys/fs/cgroup/{file}")
    done = cli("run", "--rm", "--network", "none", *flags, "busybox", *read, env=env)
    if done.returncode == 0:
        assert done.stdout.strip() == value
        return
    assert done.returncode == 125, done.stderr
    assert done.stdout == b""
    message, *hint = done.stderr.splitlines()
    assert controller in message
    assert hint

"""The virtual machine is what the other tests take it for."""

import os


def test_a_login_session() -> None:
    assert os.environ["XDG_RUNTIME_DIR"] == f"/run/user/{os.geteuid()}"
    with open("/proc/self/cgroup") as lines:
        assert "session-" in lines.read()


def test_controllers_are_delegated() -> None:
    uid = os.geteuid()
    with open(f"/sys/fs/cgroup/user.slice/user-{uid}.slice/user@{uid}.service/cgroup.controllers") as words:
        assert {"cpu", "memory", "pids"} <= set(words.read().split())

"""Who belongs to a container: its pid namespace and all who descend from it, and never the caller's own."""

import os
import subprocess
import sys

import pytest
from hull.runtime import members


def test_what_stat_says_is_read_by_number() -> None:
    own = members.read(os.getpid())
    assert own is not None
    assert (own.pid, own.parent, own.group, own.session) == (os.getpid(), os.getppid(), os.getpgrp(), os.getsid(0))
    assert own.state == "R"
    assert own.threads >= 1
    assert own.resident > 100
    assert own.alive


def test_a_name_may_hold_anything(tmp_path) -> None:
    odd = tmp_path / "a) S 1 (b"
    odd.symlink_to(sys.executable)
    child = subprocess.Popen([odd, "-c", "print('up', flush=True); input()"], stdin=-1, stdout=-1)
    try:
        assert child.stdout.readline() == b"up\n"
        found = members.read(child.pid)
        assert (found.name, found.parent) == ("a) S 1 (b", os.getpid())
    finally:
        child.communicate()
    assert not found.alive
    assert members.read(child.pid) is None


def test_the_callers_own_namespace_is_no_container() -> None:
    assert members.find(os.getpid()) == []
    assert members.find(1) == []
    assert members.find(2**22 + 1) == []


@pytest.mark.needs("userns")
@pytest.mark.real
def test_a_namespace_inside_belongs_to_the_one_around_it() -> None:
    script = "unshare --pid --fork sh -c 'echo up; read go'; exit"
    argv = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "sh", "-c", script]
    child = subprocess.Popen(argv, stdin=-1, stdout=-1)
    try:
        assert child.stdout.readline() == b"up\n"
        (init,) = [m.pid for m in map(members.read, members.pids()) if m and m.parent == child.pid]
        found = members.find(init)
        assert found[0].pid == init
        assert len({members.namespace(m.pid) for m in found}) == 2
        assert child.pid not in {m.pid for m in found}
    finally:
        child.communicate(b"go\n")

"""Limits are in force, or the run fails with what is missing and the fix. A directory stands for the kernel's tree."""

import os
import subprocess
import sys

import pytest
from hull.errors import HostError, UserError
from hull.kernel.features import environment
from hull.model import Limits
from hull.runtime import cgroups, controls, systemd
from hull.runtime.cgroups import Tree

from tests.capabilities import missing

FILES = {
    "memory": ("memory.max", "memory.swap.max", "memory.low"),
    "cpu": ("cpu.max", "cpu.weight"),
    "io": ("io.bfq.weight", "io.max"),
    "pids": ("pids.max",),
    "cpuset": ("cpuset.cpus",),
}
IDENT = "0123456789abcdef"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(memory=100), {"memory.max": "100", "memory.swap.max": "100"}),
        (Limits(memory=100, memory_swap=100), {"memory.max": "100", "memory.swap.max": "0"}),
        (Limits(memory=100, memory_swap=-1), {"memory.max": "100", "memory.swap.max": "max"}),
        (Limits(cpus=1.5), {"cpu.max": "150000 100000"}),
        (Limits(pids=10), {"pids.max": "10"}),
        (Limits(pids=-1), {"pids.max": "max"}),
        (Limits(cpuset="0-1"), {"cpuset.cpus": "0-1"}),
        (Limits(memory=100, reservation=50), {"memory.max": "100", "memory.swap.max": "100", "memory.low": "50"}),
        (Limits(shares=1024), {"cpu.weight": "39"}),
        (Limits(shares=2), {"cpu.weight": "1"}),
        (Limits(shares=262_144), {"cpu.weight": "10000"}),
        (Limits(block_weight=10), {"io.weight": "1"}),
        (Limits(block_weight=1000), {"io.weight": "10000"}),
        (Limits(oom_score=500), {}),
    ],
)
def test_limits_become_files(limits, expected):
    assert controls.settings(limits) == expected


@pytest.mark.parametrize(
    "limits",
    [
        Limits(memory_swap=5),
        Limits(memory=10, memory_swap=5),
        Limits(memory=10, reservation=11),
        Limits(cpus=0.0),
        Limits(devices=("rbps /dev/null 1",)),
        Limits(devices=("rbps /dev/no-such-disk 1",)),
    ],
)
def test_limits_that_cannot_be_are_the_users_error(limits):
    with pytest.raises(UserError):
        controls.settings(limits)


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Give a tree whose groups get their files as the kernel gives them: by the parent's enabled controllers."""
    own = tmp_path / "own"
    make = os.mkdir

    def mkdir(path, *rest, **options):
        make(path, *rest, **options)
        parent = os.path.dirname(path)
        with open(f"{parent}/cgroup.subtree_control") as file:
            enabled = [word.lstrip("+") for word in file.read().split()]
        for name in ("cgroup.procs", *(file for word in enabled for file in FILES[word])):
            open(f"{path}/{name}", "w").close()

    for directory in (tmp_path, own):
        directory.mkdir(exist_ok=True)
        (directory / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
        (directory / "cgroup.subtree_control").write_text("")
        (directory / "cgroup.procs").write_text("")
    monkeypatch.setattr(os, "mkdir", mkdir)
    monkeypatch.setattr(systemd, "refuses", lambda: "no systemd here")
    monkeypatch.delenv("HULL_CGROUP", raising=False)
    return Tree(str(tmp_path), str(own))


def read(path):
    with open(path) as file:
        return file.read()


def test_every_limit_is_written_to_a_group_of_the_containers_own(tree):
    limits = Limits(memory=8192, cpus=0.5, pids=7, cpuset="0")
    group = cgroups.apply(limits, IDENT, tree)
    assert group == f"{tree.own}/hull-0123456789ab"
    assert {name: read(f"{group}/{name}") for name in controls.settings(limits)} == controls.settings(limits)
    assert read(f"{tree.own}/cgroup.subtree_control") == "+cpu +cpuset +memory +pids"


def test_a_group_that_an_earlier_start_left_empty_is_made_anew(tree, monkeypatch):
    left, remove, gone = f"{tree.own}/hull-0123456789ab", os.rmdir, []
    os.mkdir(left)

    def rmdir(path):  # the kernel's: a group's files are no content
        for name in os.listdir(path):
            os.unlink(f"{path}/{name}")
        gone.append(path)
        remove(path)

    monkeypatch.setattr(os, "rmdir", rmdir)
    assert cgroups.apply(Limits(pids=7), IDENT, tree) == left
    assert gone == [left]
    monkeypatch.setattr(os, "rmdir", remove)  # while something runs in it, it stays
    with pytest.raises(HostError, match="cannot make the control group"):
        cgroups.apply(Limits(pids=7), IDENT, tree)


def test_weights_and_rates_are_written_where_the_kernel_has_them(tree, monkeypatch):
    monkeypatch.setattr(controls, "_disk", lambda path: {"/dev/a": "8:0", "/dev/b": "8:16"}[path])
    put, rates = controls._put, []

    def kernel(group, name, value):
        rates.extend([value] if name == "io.max" else [])
        return put(group, name, value) if name != "io.max" else "8:0 rbps=10 wbps=max riops=max wiops=max\n8:16 riops=5"

    monkeypatch.setattr(controls, "_put", kernel)
    limits = Limits(block_weight=500, devices=("rbps /dev/a 10", "wbps /dev/a 0", "riops /dev/b 5"))
    group = cgroups.apply(limits, IDENT, tree)
    assert read(f"{group}/io.bfq.weight") == "500"
    assert rates == ["8:0 rbps=10 wbps=max", "8:16 riops=5"]
    monkeypatch.setattr(os, "rmdir", lambda path: None)
    with pytest.raises(HostError, match=r"io\.max of 8:16: riops=6"):
        cgroups.apply(Limits(devices=("riops /dev/b 6",)), "f" * 16, tree)


def test_a_change_is_whole_or_not_at_all(tree, monkeypatch):
    old = Limits(memory=8192, pids=7)
    group = cgroups.apply(old, IDENT, tree)
    cgroups.change(group, old, old._replace(memory=16384))
    assert (read(f"{group}/memory.max"), read(f"{group}/pids.max")) == ("16384", "7")
    write = controls.write
    refused = {"pids.max"}

    def refusing(path, text):
        if os.path.basename(path) in refused and text == "9":
            raise OSError(22, "Invalid argument")
        with open(path, "w"):
            pass  # as the kernel's: what is written replaces what was
        write(path, text)

    monkeypatch.setattr(controls, "write", refusing)
    with pytest.raises(HostError, match=r"pids\.max to 9"):
        cgroups.change(group, old._replace(memory=16384), Limits(memory=32768, pids=9))
    assert (read(f"{group}/memory.max"), read(f"{group}/pids.max")) == ("16384", "7")


def test_a_named_group_is_preferred(tree, monkeypatch, tmp_path):
    named = tmp_path / "named"
    os.mkdir(named)
    for name in ("cgroup.controllers", "cgroup.subtree_control"):
        (named / name).write_text("memory pids")
    monkeypatch.setenv("HULL_CGROUP", f"{named}/")
    assert cgroups.apply(Limits(pids=7), IDENT, tree).startswith(f"{named}/hull-")
    monkeypatch.setenv("HULL_CGROUP", f"{tmp_path}/missing")
    with pytest.raises(HostError, match="HULL_CGROUP"):
        cgroups.apply(Limits(pids=7), IDENT, tree)


def test_a_named_group_that_processes_may_not_move_to_is_refused(tree, monkeypatch, tmp_path):
    os.mkdir(tmp_path / "named")
    for name in ("cgroup.controllers", "cgroup.subtree_control"):
        (tmp_path / "named" / name).write_text("memory pids")
    monkeypatch.setenv("HULL_CGROUP", f"{tmp_path}/named")
    (tmp_path / "cgroup.procs").unlink()  # the common ancestor's: what os.access asks, root or not
    with pytest.raises(HostError, match=f"cannot enter HULL_CGROUP={tmp_path}/named from {tree.own}"):
        cgroups.apply(Limits(pids=7), IDENT, tree)


def test_a_controller_that_was_not_delegated_is_named_with_the_fix(tree, tmp_path):
    (tmp_path / "own/cgroup.controllers").write_text("memory pids\n")
    with pytest.raises(HostError, match="cannot limit cpu and cpuset") as caught:
        cgroups.apply(Limits(memory=8192, cpus=1, cpuset="0"), IDENT, tree)
    assert "Delegate=cpu cpuset" in caught.value.hint


def test_a_controller_that_is_in_use_by_v1_is_told(tree, tmp_path):
    (tmp_path / "cgroup.controllers").write_text("\n")
    with pytest.raises(HostError, match="memory") as caught:
        cgroups.apply(Limits(memory=8192), IDENT, tree)
    assert "unified_cgroup_hierarchy" in caught.value.hint


def test_a_value_that_does_not_hold_ends_the_run_and_leaves_nothing(tree, monkeypatch):
    write = controls.write
    monkeypatch.setattr(controls, "write", lambda path, text: write(path, "max" if path.endswith("pids.max") else text))
    removed = []
    monkeypatch.setattr(os, "rmdir", removed.append)
    with pytest.raises(HostError, match=r"pids\.max: it was set to 7 and reads max"):
        cgroups.apply(Limits(pids=7), IDENT, tree)
    assert removed == [f"{tree.own}/hull-0123456789ab"]


def test_memory_may_be_rounded_down_to_a_page_and_no_further(tree, monkeypatch):
    write = controls.write

    def rounding(by):
        return lambda path, text: write(path, str(int(text) - by) if path.endswith("memory.max") else text)

    monkeypatch.setattr(controls, "write", rounding(5))
    assert cgroups.apply(Limits(memory=100_000), IDENT, tree)
    monkeypatch.setattr(controls, "write", rounding(50_000))
    monkeypatch.setattr(os, "rmdir", lambda path: None)
    with pytest.raises(HostError, match=r"memory\.max"):
        cgroups.apply(Limits(memory=100_000), "f" * 16, tree)


def test_a_kernel_without_swap_accounting_is_no_error_unless_swap_was_asked(tree, monkeypatch):
    monkeypatch.setitem(FILES, "memory", ("memory.max",))
    assert cgroups.apply(Limits(memory=8192), IDENT, tree)
    monkeypatch.setattr(os, "rmdir", lambda path: None)
    with pytest.raises(HostError, match=r"memory\.swap\.max"):
        cgroups.apply(Limits(memory=8192, memory_swap=8192), "f" * 16, tree)


def test_the_calling_process_is_moved_aside(tree, tmp_path):
    (tmp_path / "own/cgroup.procs").write_text(f"{os.getpid()}\n")
    cgroups.apply(Limits(pids=7), IDENT, tree)
    assert (tmp_path / "own/hull-launcher/cgroup.procs").read_text() == str(os.getpid())


def test_a_shell_that_goes_on_is_never_moved(tree, tmp_path, monkeypatch):
    (tmp_path / "own/cgroup.procs").write_text(f"{os.getpid()}\n")
    with pytest.raises(HostError, match="pids from inside this shell"):
        cgroups.apply(Limits(pids=7), IDENT, tree, resident=True)
    assert not (tmp_path / "own/hull-launcher").exists()
    monkeypatch.setattr(systemd, "refuses", lambda: "")
    monkeypatch.setattr(systemd, "enter_scope", None)
    with pytest.raises(HostError, match="pids from inside this shell"):
        cgroups.apply(Limits(pids=7), IDENT, tree, resident=True)


def test_a_group_of_others_is_told(tree, tmp_path):
    (tmp_path / "own/cgroup.subtree_control").unlink()
    os.symlink("/proc/self/missing/x", tmp_path / "own/cgroup.subtree_control")
    with pytest.raises(HostError, match=r"cannot limit pids: .*not yours to divide") as caught:
        cgroups.apply(Limits(pids=7), IDENT, tree)
    assert "HULL_CGROUP" in caught.value.hint


@pytest.mark.real
@pytest.mark.single_id
def test_on_this_machine_limits_work_or_say_why():
    done = subprocess.run(
        [sys.executable, "-m", "hull.runtime.cgroups"], env=environment(), capture_output=True, text=True, check=False
    )
    if missing("cgroup"):
        assert done.returncode == 1
        reason, fix = done.stdout.splitlines()
        assert reason.startswith("cannot")
        assert fix
    else:
        assert done.returncode == 0
        assert done.stdout.startswith("works below /")

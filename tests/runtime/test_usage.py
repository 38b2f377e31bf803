"""Numbers of a control group as `docker stats` counts them; a directory stands for the kernel's."""

import os

import pytest
from hull.runtime import usage
from hull.runtime.members import Table

EMPTY = Table({}, {})


@pytest.fixture
def group(tmp_path):
    files = {
        "cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
        "memory.current": "5000000\n",
        "memory.stat": "anon 1\ninactive_file 1000000\n",
        "memory.max": "max\n",
        "pids.current": "7\n",
        "io.stat": "8:0 rbytes=10 wbytes=20 rios=1\n8:16 rbytes=5 wbytes=0 rios=1\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_group_is_counted(group):
    found = usage.look(0, str(group), EMPTY)
    assert (found.cpu, found.memory, found.pids, found.source) == (2.5, 4_000_000, 7, "cgroup")
    assert found.limit == usage.machine_memory()
    assert (found.read, found.written) == (15, 20)


def test_a_limit_is_the_groups_where_it_has_one(group):
    (group / "memory.max").write_text("8388608\n")
    assert usage.look(0, str(group), EMPTY).limit == 8 << 20
    (group / "memory.max").write_text(f"{1 << 60}\n")
    assert usage.look(0, str(group), EMPTY).limit == usage.machine_memory(), "more than there is is no limit"


def test_controllers_that_are_not_there_are_replaced_by_the_sum(group):
    for name in ("memory.current", "io.stat", "pids.current"):
        (group / name).unlink()
    found = usage.look(0, str(group), EMPTY)
    assert (found.memory, found.read, found.pids) == (0, 0, 0)


def test_on_the_hosts_network_no_traffic_is_the_containers_own():
    assert usage._network(os.getpid()) == (0, 0)
    assert usage._network(2**22 + 1) == (0, 0)

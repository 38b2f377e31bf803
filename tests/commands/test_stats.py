"""`stats` counts what a container uses; without a control group of its own, over its processes."""

import json
import os
import select

import pytest
from hull.commands.stats import StatsRow, binary
from hull.runtime import usage
from hull.runtime.usage import Usage

ROW = StatsRow("0123456789ab", "web", 12.25, 3 << 20, 1 << 30, 1500, 0, 0, 2_000_000, 4, "cgroup")
SPIN = "echo up; while :; do :; done"


@pytest.fixture
def start(cli, children):
    names = []

    def run(name, script, *flags):
        child = cli.popen("run", "--name", name, *flags, "busybox", "sh", "-c", script, stdin=-1, stdout=-1)
        children.append(child)
        names.append(name)
        assert child.stdout.readline() == b"up\n"

    yield run
    for name in names:
        cli("rm", "-f", name)


def one(cli, name):
    return json.loads(cli("stats", "--no-stream", "--json", name, check=True).stdout)[0]


def test_a_row_is_shown_as_docker_does():
    assert ROW.placeholders() == {
        "Container": "0123456789ab",
        "ID": "0123456789ab",
        "Name": "web",
        "CPUPerc": "12.25%",
        "MemUsage": "3MiB / 1GiB",
        "MemPerc": "0.29%",
        "NetIO": "1.5kB / 0B",
        "BlockIO": "0B / 2MB",
        "PIDs": "4",
    }
    assert list(ROW.headings()) == list(ROW.placeholders())


@pytest.mark.parametrize(("count", "text"), [(0, "0B"), (1023, "1023B"), (1 << 20, "1MiB"), (25276502016, "23.54GiB")])
def test_memory_is_written_in_binary_units(count, text):
    assert binary(count) == text


def test_a_share_is_of_one_core():
    before = Usage(10.0, 1.0, 0, 0, 0, 0, 0, 0, 0, "cgroup")
    assert before._replace(at=12.0, cpu=4.0).percent(before) == 150
    assert before._replace(at=12.0, cpu=0.5).percent(before) == 0, "a process that ended takes its time along"
    assert before.percent(before) == 0


def test_who_spins_and_who_sleeps(cli, start):
    start("spins", SPIN, "--network", "none")
    start("sleeps", "sleep 600 & echo up; read go", "--network", "none")
    busy, idle = one(cli, "spins"), one(cli, "sleeps")
    assert busy["cpu"] > 20
    assert idle["cpu"] < 10
    assert idle["pids"] == 3  # init, sh, sleep
    assert 0 < idle["memory"] < idle["limit"] == usage.machine_memory()
    assert (idle["received"], idle["sent"]) == (0, 0)


def test_memory_that_is_touched_is_counted(cli, start):
    start("fat", "x=$(yes xxxxxxxxx | head -c 2000000); echo up; read go", "--network", "none")
    assert one(cli, "fat")["memory"] > 2_000_000


def test_files_that_are_written_are_counted(cli, start):
    start(
        "writes", "dd if=/dev/zero of=/big bs=1M count=8 conv=fsync 2>/dev/null; echo up; read go", "--network", "none"
    )
    assert one(cli, "writes")["written"] >= 8 << 20


def test_without_a_group_it_says_so_once(cli, start):
    start("plain", "echo up; read go", "--network", "none")
    done = cli("stats", "--no-stream", check=True)
    assert (
        done.stdout.split(b"\n")[0].split()
        == b"CONTAINER ID NAME CPU % MEM USAGE / LIMIT MEM % NET I/O BLOCK I/O PIDS".split()
    )
    assert done.stderr.count(b"summed over the processes") == 1


def test_all_shows_those_that_have_ended(cli):
    cli("run", "--name", "past", "--network", "none", "busybox", "true", check=True)
    assert b"past" not in cli("stats", "--no-stream", check=True).stdout
    (line,) = [text for text in cli("stats", "--no-stream", "-a", check=True).stdout.splitlines() if b"past" in text]
    assert line.split()[1:] == b"past 0.00% 0B / 0B 0.00% 0B / 0B 0B / 0B 0".split()
    cli("rm", "past", check=True)


def test_it_goes_on_until_it_is_ended_and_draws_over_on_a_terminal(cli, start, children):
    start("live", "echo up; read go", "--network", "none")
    for terminal in (False, True):
        master, slave = os.openpty() if terminal else os.pipe()
        child = cli.popen("stats", "live", stdout=slave, stderr=-3)
        children.append(child)
        os.close(slave)
        text = b""
        while text.count(b"CONTAINER ID") < 2:
            assert select.select([master], [], [], 10)[0]
            text += os.read(master, 4096)
        assert (b"\033[H" in text) is terminal
        child.kill()
        os.close(master)


def test_an_unknown_one_is_told(cli):
    done = cli("stats", "--no-stream", "nobody")
    assert done.returncode == 125
    assert b"no such container: nobody" in done.stderr

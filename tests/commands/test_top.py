"""`top` lists what runs in a container, under ps's words and headers."""

import json
import os
import pwd

import pytest
from hull.commands import _ps
from hull.errors import UserError
from hull.runtime.members import Member

DAY = 86_400
MEMBER = Member(7, 3, "S", "a name", 7, 7, 0x8803, 20, 0, 250, 150, 0, 2, 1000, 8 << 20, 512)


@pytest.fixture(scope="module")
def running(cli):
    argv = ("run", "--name", "tops", "--network", "none", "busybox", "sh", "-c", "sleep 600 & echo up; read go")
    child = cli.popen(*argv, stdin=-1, stdout=-1)
    assert child.stdout.readline() == b"up\n"
    yield json.loads(cli("inspect", "tops", check=True).stdout)[0]["State"]["Pid"]
    child.communicate(b"go\n", timeout=30)
    cli("rm", "-f", "tops")


def lines(cli, *words):
    return [line.split() for line in cli("top", *words, check=True).stdout.decode().splitlines()]


def test_dockers_columns(cli, running):
    header, *rows = lines(cli, "tops")
    assert header == ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
    assert {row[0] for row in rows} == {pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() else rows[0][0]}
    assert rows[0][1] == str(running)
    assert [row[7:] for row in rows][-1] == ["sleep", "600"]
    assert rows[-1][2] == rows[1][1], "the parent is the host's pid, too"


def test_columns_of_ones_own(cli, running):
    header, *rows = lines(cli, "tops", "-o", "pid,ppid,comm,etime,pcpu,rss,args=WHAT")
    assert header == ["PID", "PPID", "COMMAND", "ELAPSED", "%CPU", "RSS", "WHAT"]
    assert rows[0][0] == str(running)
    assert int(rows[-1][5]) > 0


def test_objects_for_programs(cli, running):
    rows = json.loads(cli("top", "--json", "tops", "-o", "pid,%cpu", check=True).stdout)
    assert set(rows[0]) == {"PID", "%CPU"}


def test_one_that_has_ended_has_no_processes(cli):
    cli("run", "--name", "over", "--network", "none", "busybox", "true", check=True)
    done = cli("top", "over")
    assert done.returncode == 125
    assert b"it is exited" in done.stderr
    cli("rm", "over", check=True)


@pytest.mark.parametrize(
    ("words", "headers"),
    [
        ((), "UID PID PPID C STIME TTY TIME CMD"),
        (("-ef",), "UID PID PPID C STIME TTY TIME CMD"),
        (("-e",), "PID TTY TIME CMD"),
        (("aux",), "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND"),
        (("-eo", "pid,user"), "PID USER"),
        (("-opid", "-o", "comm=NAME"), "PID NAME"),
        (("-o", "pid,args="), "PID "),
    ],
)
def test_options(words, headers):
    assert " ".join(column.header for column in _ps.columns(words)) == headers


@pytest.mark.parametrize("words", [("--forest",), ("-q",), ("-o", "wchan2"), ("-o",), ("-o", "pid,nope")])
def test_what_is_no_option(words):
    with pytest.raises(UserError):
        _ps.columns(words)


@pytest.mark.parametrize(
    ("key", "age", "shown"),
    [
        ("time", 9, "00:00:04"),
        ("etime", 9, "00:09"),
        ("etime", 3700, "01:01:40"),
        ("etime", 2 * DAY + 61, "2-00:01:01"),
        ("pcpu", 8, "50.0"),
        ("c", 8, "50"),
        ("tty", 1, "pts/3"),
        ("vsz", 1, "8192"),
        ("stat", 1, "Ssl"),
        ("pri", 1, "19"),
        ("comm", 1, "a name"),
    ],
)
def test_values(key, age, shown):
    moment = _ps.Moment(1_700_000_010 + age, 1_700_000_000)
    assert _ps.value(_ps.Column(key, ""), MEMBER, moment) == shown

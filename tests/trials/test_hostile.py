"""Programs that a try must outlive: killed at any moment, many at once, left behind, blind, deep, with many files."""

import json
import os
import pathlib
import random
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator

import pytest

from tests import leaks
from tests.commandline import CommandLine
from tests.repeat import times
from tests.waiting import until

pytestmark = [pytest.mark.needs("launcher", "userns")]
BUSY = """
i=0
while :; do
    i=$((i + 1)); mkdir -p d$((i % 7)); echo $i >d$((i % 7))/$i; rm -f d$(((i + 3) % 7))/$((i - 30)); echo $i >>old
    [ $i != 3 ] || echo busy
done
"""
DEEP = """
import os
for level in range({levels}):
    os.mkdir("a\\nb")
    os.chdir("a\\nb")
open("bottom\\n", "x").close()
"""
MANY = """
import os
for place in range({files} // 1000):
    os.mkdir(str(place))
    for number in range(1000):
        open(f"{{place}}/{{number}}", "x").close()
"""


@pytest.fixture
def name(cli: CommandLine) -> Iterator[str]:
    """Give the name of a try; it is dropped at the end."""
    given = f"h-{uuid.uuid4().hex[:8]}"
    yield given
    cli("drop", given, timeout=120)


@pytest.fixture
def here(tmp_path: pathlib.Path) -> pathlib.Path:
    """Give a directory with a file in it."""
    place = tmp_path / "here"
    place.mkdir()
    (place / "old").write_text("old\n")
    return place


def untouched(here: pathlib.Path) -> bool:
    return os.listdir(here) == ["old"] and (here / "old").read_text() == "old\n"


def marked(mark: str) -> list[str]:
    """Return the processes that have this in their environment."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                found += [pid] if mark.encode() in file.read() else []
        except OSError:
            continue
    return found


def test_killed_at_any_moment(fresh_cli: CommandLine, here: pathlib.Path) -> None:
    before = leaks.left(fresh_cli.root)["mounts"]  # the processes are told by their marks: others run beside this
    dice = random.Random(7)
    for turn in range(times(4, 200)):
        mark = f"HOSTILE={uuid.uuid4().hex}"
        env = fresh_cli.env(**dict([mark.split("=")]))
        begun = fresh_cli.popen(
            *("try", "--name", f"k{turn}", "-e", mark, "sh", "-c", BUSY), cwd=here, env=env, stdout=subprocess.PIPE
        )
        assert begun.stdout is not None
        with begun.stdout:
            if turn % 2:
                begun.stdout.readline()
            time.sleep(dice.random() * 0.12)  # the moment is the test's subject
            begun.kill()
            begun.wait()
        until(lambda mark=mark: not marked(mark), "what was in the try to end")
        assert untouched(here)
        fresh_cli("drop", "--force", f"k{turn}")
        assert fresh_cli("try", "--name", f"n{turn}", "cat", "old", cwd=here, check=True).stdout == b"old\n"
    for row in fresh_cli("ps", "-aq", check=True).stdout.decode().split():
        fresh_cli("drop", "--force", row, check=True)
    assert not leaks.left(fresh_cli.root)["mounts"] - before
    assert os.listdir(f"{fresh_cli.root}/containers") == []


def test_many_side_by_side(cli: CommandLine, here: pathlib.Path) -> None:
    many = [f"m-{uuid.uuid4().hex[:8]}" for _ in range(times(12, 50))]
    started = [
        cli.popen("try", "--name", each, "sh", "-c", f"echo {each} >>old; cat old", cwd=here, stdout=-1)
        for each in many
    ]
    told = [process.communicate(timeout=120)[0].decode() for process in started]
    assert told == [f"old\n{each}\n" for each in many]
    assert [process.returncode for process in started] == [0] * len(many)
    assert untouched(here)
    cli("drop", *many, check=True)


def test_a_daemon_ends_with_its_try(cli: CommandLine, name: str) -> None:
    mark = f"HOSTILE={uuid.uuid4().hex}"
    script = "setsid sh -c 'trap : HUP TERM INT; while :; do sleep 100; done' >/dev/null 2>&1 </dev/null & echo left"
    done = cli("try", "--name", name, "-e", mark, "sh", "-c", script, timeout=30, check=True)
    assert done.stdout == b"left\n"
    assert marked(mark) == []


def test_one_that_closes_every_descriptor(cli: CommandLine, name: str, here: pathlib.Path) -> None:
    code = "import os; os.closerange(0, 4096); open('made', 'x').close(); os._exit(7)"
    assert cli("try", "--name", name, "python3", "-c", code, cwd=here).returncode == 7
    assert untouched(here)
    assert [change["path"] for change in changes(cli, name)] == [f"{here}/made"]


def test_one_that_ends_its_parents(cli: CommandLine, name: str, here: pathlib.Path) -> None:
    done = cli("try", "--name", name, "sh", "-c", "kill -9 -1; kill -9 $PPID 1; echo here >old; cat old", cwd=here)
    assert done.stdout == b"here\n"
    assert untouched(here)


def test_very_deep(cli: CommandLine, name: str, here: pathlib.Path) -> None:
    levels = times(1_500, 10_000)
    cli("try", "--name", name, "python3", "-c", DEEP.format(levels=levels), cwd=here, check=True)
    assert untouched(here)
    told = cli("diff", name, check=True).stdout
    assert b"\na" not in told.replace(b"\\n", b"")  # one line a path: a name cannot begin one
    cli("drop", name, check=True)
    assert name not in cli("ps", "-a", check=True).stdout.decode()


def test_very_many(cli: CommandLine, name: str, here: pathlib.Path) -> None:
    files = times(5_000, 100_000)
    cli("try", "--name", name, "python3", "-c", MANY.format(files=files), cwd=here, check=True, timeout=120)
    assert untouched(here)
    begun = time.monotonic()
    assert len(changes(cli, name)) == files + files // 1000
    cli("diff", name, check=True)
    cli("drop", name, check=True)
    assert time.monotonic() - begun < 6 + files / 2_000


def changes(cli: CommandLine, name: str) -> list[dict[str, object]]:
    document = json.loads(cli("diff", "--json", name, check=True, timeout=120).stdout)
    return [change for change in document["changes"] if change["what"] != ["time"]]


def test_one_that_is_stopped_for_good(cli: CommandLine, name: str, here: pathlib.Path) -> None:
    begun = cli.popen(
        "try", "--name", name, "sh", "-c", "echo in >old; echo up; kill -STOP -1; kill -STOP $$", cwd=here, stdout=-1
    )
    assert begun.stdout is not None
    with begun.stdout:
        assert begun.stdout.readline() == b"up\n"
        begun.send_signal(signal.SIGKILL)
        begun.wait()
    until(lambda: b"Exited" in cli("ps", "-a", "--filter", f"name={name}", check=True).stdout, "the try to be over")
    assert untouched(here)

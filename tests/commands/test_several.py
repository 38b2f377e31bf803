"""Verbs of several names go on after a failure: what was done is told, and every failure."""

import os
import threading
import time

import hull
import pytest
from hull.commands._several import each
from hull.commands.stop import stop
from hull.engine import Engine
from hull.errors import HullError, Several, UserError
from hull.objects import values

from tests.commandline import CommandLine
from tests.commands.conftest import Name
from tests.commands.test_run import NONE, state


def double(number: int) -> int:
    if number % 2:
        raise UserError(f"cannot double {number}", "take an even one")
    return 2 * number


def test_the_rest_is_done_and_every_failure_is_kept() -> None:
    with pytest.raises(Several) as caught:
        each((2, 3, 4, 5), double)
    assert caught.value.done == [4, 8]
    assert [error.message for error in caught.value.errors] == ["cannot double 3", "cannot double 5"]
    assert caught.value.exit_code == 125


def test_one_alone_fails_as_itself() -> None:
    with pytest.raises(UserError, match="cannot double 3") as caught:
        each((3,), double)
    assert (caught.value.done, caught.value.errors) == ([], [caught.value])


def test_a_fault_is_no_answer(tmp_path: object) -> None:
    engine = Engine()
    with pytest.raises(ZeroDivisionError):
        each((1, 0), lambda number: 1 // number, together=engine)


def test_side_by_side_and_in_the_order_that_was_asked() -> None:
    meeting = threading.Barrier(3)

    def last_first(number: int) -> int:
        meeting.wait(10)  # breaks where they come one after another
        time.sleep(0.03 * (3 - number))
        return number

    assert each((0, 1, 2), last_first, together=Engine()) == [0, 1, 2]


@pytest.fixture
def two(cli: CommandLine, name: Name) -> tuple[str, str]:
    names = name(), name()
    for called in names:
        cli("run", "-d", "--name", called, *NONE, "busybox", "sleep", "1000", check=True)
    return names


@pytest.mark.parametrize(
    ("words", "told", "after"),
    [
        (("stop",), "name", "exited"),
        (("kill",), "name", "exited"),
        (("restart", "-t", "1"), "name", "running"),
        (("pause",), "name", "paused"),
        (("start",), "name", "running"),
        (("update", "--restart", "always"), "name", "running"),
        (("inspect", "-f", "{{.Name}}"), "/name", "running"),
        (("rm", "-f"), "name", ""),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
@pytest.mark.single_id
@pytest.mark.as_root
def test_a_missing_one_between_two(
    cli: CommandLine, two: tuple[str, str], words: tuple[str, ...], told: str, after: str
) -> None:
    done = cli(*words, two[0], "no-such", two[1])
    assert done.stdout.decode().split() == [told.replace("name", called) for called in two]
    assert (done.returncode, done.stderr.count(b"  hint: ")) == ((0, 0) if words[0] == "rm" else (125, 1)), done.stderr
    assert (b"no such container" in done.stderr) is (words[0] != "rm")
    for called in two:
        if after:
            assert state(cli, called)["Status"] == after
        else:
            assert cli("inspect", called).returncode == 125


def test_every_failure_has_its_line_and_its_hint(cli: CommandLine, two: tuple[str, str]) -> None:
    done = cli("unpause", *two)
    assert (done.returncode, done.stdout) == (125, b"")
    for called in two:
        assert f"hull: cannot unpause {called}: it is running, and".encode() in done.stderr
        assert f"hull pause {called} would".encode() in done.stderr


def test_wait_of_several_tells_the_codes_that_there_are(cli: CommandLine, two: tuple[str, str]) -> None:
    cli("kill", *two, check=True)
    done = cli("wait", two[0], "no-such", two[1])
    assert (done.returncode, done.stdout) == (125, b"137\n137\n")


def test_rmi_goes_on(fresh_cli: CommandLine) -> None:
    done = fresh_cli("rmi", "no-such", "busybox")
    assert done.returncode == 125
    assert b"no-such" in done.stderr
    assert done.stdout.startswith(b"busybox:latest\n")
    assert fresh_cli("images", "-q").stdout == b""


def test_python_has_what_was_done(cli: CommandLine, two: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HULL_ROOT", cli.root)
    with pytest.raises(HullError) as caught:
        stop(values.engine(), (two[0], "no-such", two[1]))
    assert caught.value.done == list(two)
    assert [error.message for error in caught.value.errors] == ["no such container: no-such"]
    assert [hull.container(called).state for called in two] == ["exited", "exited"]


def test_deaf_ones_are_stopped_in_the_time_of_one(cli: CommandLine, name: Name) -> None:
    names = [name() for _ in range(4)]
    for called in names:
        script = "trap '' TERM; touch /up; while :; do sleep 0.05; done"
        cli("run", "-d", "--name", called, *NONE, "busybox", "sh", "-c", script, check=True)
        while cli("exec", called, "test", "-e", "/up").returncode:
            pass
    begun = time.monotonic()
    assert cli("stop", "-t", "3", *names, check=True).stdout.decode().split() == names
    assert time.monotonic() - begun < 8  # one after another it is 12


def test_two_removals_of_one_are_one(cli: CommandLine, two: tuple[str, str]) -> None:
    done = cli("rm", "-f", two[0], two[0], check=True)
    assert done.stdout.decode().split() in ([two[0]], [two[0], two[0]])
    told = cli(
        "events", "--since", "1m", "--until", "0s", "--filter", "event=destroy", "--filter", f"container={two[0]}"
    )
    assert len(told.stdout.splitlines()) == 1
    assert os.listdir(f"{cli.root}/containers")

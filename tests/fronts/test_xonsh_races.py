"""What goes wrong once in a hundred times: who has the terminal at a start, Ctrl-Z and fg, the window's size."""

import os

import pytest

from tests.fronts.matrix import SIZE, Kind, Session, foreground_of
from tests.fronts.terminal import environment, processes
from tests.repeat import times
from tests.waiting import until

pytest.importorskip("xonsh", reason="xonsh is not installed")
pytest.importorskip("pexpect", reason="pexpect is not installed")
SHELLS = (("run", "prompt_toolkit"), ("exec", "readline"), ("run", "readline"), ("exec", "prompt_toolkit"))
KINDS = [Kind(verb, shell) for verb, shell in SHELLS[: times(2, 4)]]
ROUNDS = times(10, 50)
SIZES = "sh -c 'trap \"stty size\" WINCH; echo up-$((6*7)); while :; do sleep 0.05; done' {}"


@pytest.fixture(params=KINDS, ids=str)
def session(request, cli, tmp_path):
    made = Session(request.param, environment(cli, str(tmp_path)), str(tmp_path))
    yield made
    made.close()


@pytest.mark.parametrize("flags", [(), ("-it",)], ids=["plain", "-it"])
def test_the_program_has_the_terminal_before_it_begins(session, flags):
    """A program that reads the terminal from a background group gets SIGTTIN."""
    for number in range(ROUNDS):
        mark = session.mark()
        words = f"sh -c 't=0; trap t=1 TTIN; read x </dev/tty; echo got-$x-$t' {mark}"
        session.terminal.type(session.command(words, *flags))
        until(lambda mark=mark: foreground_of(mark, session), "the program to have the terminal")
        session.terminal.type(f"typed{number}")
        session.terminal.expect(f"got-typed{number}-0")
        session.terminal.prompt()
        assert os.tcgetpgrp(session.terminal.child.child_fd) == os.getpgid(session.terminal.child.pid)


@pytest.mark.parametrize("flags", [(), ("-it",)], ids=["plain", "-it"])
def test_stopped_and_continued_again_and_again(session, flags):
    mark = session.mark()
    session.terminal.type(session.command(f"sh -c 'while read x; do echo got-$x-$((6*7)); done' {mark}", *flags))
    for number in range(ROUNDS):
        session.suspend(mark)
        session.resume(mark)
        session.terminal.type(f"typed{number}")
        session.terminal.expect(f"got-typed{number}-42")
    session.terminal.press("c")
    session.terminal.prompt()
    until(lambda: not processes(mark), "the program to end")


@pytest.mark.parametrize("flags", [(), ("-it",)], ids=["plain", "-it"])
def test_the_window_changes_while_the_program_runs(session, flags):
    mark = session.mark()
    session.terminal.type(session.command(SIZES.format(mark), *flags))
    session.terminal.expect("up-42")
    until(lambda: foreground_of(mark, session), "the program to have the terminal")
    for number in range(ROUNDS):
        session.terminal.child.setwinsize(30 + number, 170 + number)
        session.terminal.expect(f"{30 + number} {170 + number}")
    session.terminal.press("c")
    session.terminal.prompt()
    session.terminal.child.setwinsize(*SIZE)


@pytest.mark.parametrize("flags", [(), ("-it",)], ids=["plain", "-it"])
def test_the_window_changes_while_the_program_is_stopped(session, flags):
    mark = session.mark()
    words = f"sh -c 'while read x; do echo $x-$(stty size | tr \" \" x); done' {mark}"
    session.terminal.type(session.command(words, *flags))
    for number in range(ROUNDS):
        session.suspend(mark)
        session.terminal.child.setwinsize(30 + number, 170 + number)
        session.resume(mark)
        session.terminal.type(f"now{number}")
        session.terminal.expect(f"now{number}-{30 + number}x{170 + number}")
    session.terminal.press("c")
    session.terminal.prompt()

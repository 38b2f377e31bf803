"""What has gone wrong in xonsh before, each held by a test: signals, hangups, names that could be Python."""

import signal

import pytest

from tests.fronts.matrix import Kind, Session, foreground_of, states
from tests.fronts.terminal import environment, processes
from tests.waiting import until

pytest.importorskip("xonsh", reason="xonsh is not installed")
pytest.importorskip("pexpect", reason="pexpect is not installed")
STOPPERS = [signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU]


@pytest.fixture(params=["prompt_toolkit", "readline"])
def session(request, cli, tmp_path):
    made = Session(Kind("run", request.param), environment(cli, str(tmp_path)), str(tmp_path))
    yield made
    made.close()


def test_no_signal_is_ignored_in_the_program(session):
    """A shell that leads its session, as here, ignores some of those that stop."""
    out = session.file("status")
    session.run(f"{session.command('cat /proc/self/status')} > {out}")
    fields = dict(line.split(":", 1) for line in session.content("status").splitlines())
    ignored, blocked = int(fields["SigIgn"], 16), int(fields["SigBlk"], 16)
    assert [one for one in STOPPERS if (ignored | blocked) >> (one - 1) & 1] == []
    assert ignored == blocked == 0


def test_the_programs_end_with_their_terminal(session):
    """A hangup reaches those in the foreground, and those that are stopped."""
    stopped, running = session.mark(), session.mark()
    session.terminal.type(session.command(f"sleep {stopped}"))
    session.suspend(stopped)
    session.terminal.type(session.command(f"sleep {running}"))
    until(lambda: foreground_of(running, session), "the job to have the terminal")
    session.terminal.close()
    until(lambda: not processes(stopped) and not processes(running), "the programs to end")


def test_a_stopped_pipeline_goes_on(session):
    mark = session.mark()
    command = session.command(f"sh -c 'read x; echo $x-$((6*7))' {mark}")
    session.terminal.type(f"{command} | cat")
    session.suspend(mark)
    session.terminal.type("fg")
    until(lambda: foreground_of(mark, session) and "T" not in states(mark), "the pipeline to go on")
    session.terminal.type("typed")
    session.terminal.expect("typed-42")
    session.terminal.prompt()


def test_ctrl_z_works_after_any_capture(session):
    session.run("x = $(/bin/echo hi)")
    mark = session.mark()
    session.terminal.type(session.command(f"sleep {mark}"))
    session.suspend(mark)
    session.terminal.type("fg")
    until(lambda: foreground_of(mark, session), "the job to have the terminal")
    session.terminal.press("c")
    session.terminal.prompt()


@pytest.mark.parametrize("line", ["hull", "hull --help", "hull -h", " hull --help"])
def test_what_could_be_python_is_the_command(session, line):
    session.run("h = 1")
    assert "Usage: hull VERB" in session.run(line)


def test_asking_what_hull_is_starts_nothing(session):
    before = session.value("len($(hull ps -aq).split())")
    for line in ("hull?", "which hull", "aliases['hull']", "hull --version", "hull -V"):
        assert "Traceback" not in session.run(line), line
    assert session.value("len($(hull ps -aq).split())") == before


def test_an_exit_in_the_middle_of_a_line_ends_nothing_but_the_line(session):
    """SystemExit from what an alias calls would end xonsh."""
    session.run("from hull.commands import _line")
    session.run("kept = _line.read")
    session.run("_line.read = lambda words: (_ for _ in ()).throw(SystemExit(3))")
    assert "SystemExit" in session.run("hull run busybox true")
    session.run("_line.read = kept")
    assert "v42" in session.run(session.command("sh -c 'echo v$((6*7))'"))

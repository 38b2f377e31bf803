"""An entered container at a prompt: job control, the prompt itself, Ctrl-D, and ends that nobody asked for."""

import contextlib
import os
import signal
import sys

import pytest

from tests.fronts.terminal import PROMPT, Terminal, foreground, processes
from tests.repeat import times
from tests.waiting import gone, until

pytest.importorskip("xonsh", reason="xonsh is not installed")
pytest.importorskip("pexpect", reason="pexpect is not installed")

TEXT = "<#> "
SETTINGS = ("PROMPT={hull:[{}]}{hostname}:{cwd} " + TEXT, "XONSH_SHOW_TRACEBACK=False")


both = pytest.mark.parametrize("shell", ["prompt_toolkit", "readline"], indirect=True)


@pytest.fixture
def shell(request, shell_env, cli):
    """Give an interactive xonsh with hull loaded, at its prompt."""
    kind = getattr(request, "param", "prompt_toolkit")
    argv = [sys.executable, "-m", "xonsh", "--no-rc", "-i", "--shell-type", kind]
    env = {**shell_env, "SSH_CONNECTION": "none"}  # xonsh asks no terminal there where its cursor is, and waits
    prompt = PROMPT if kind == "prompt_toolkit" else TEXT
    terminal = Terminal([*argv, *(f"-D{setting}" for setting in SETTINGS)], env, prompt)
    terminal.run("xontrib load hull")
    terminal.cli, terminal.others = cli, set(cli("ps", "-aq", check=True).stdout.split())
    yield terminal
    terminal.close()


@pytest.fixture
def entered(shell):
    """Give that shell in a new container, its name in `shell.box`."""
    shell.run("hull enter --network none busybox")
    (ident,) = containers(shell)
    shell.box = shell.cli("inspect", "-f", "{{.Name}}", ident.decode(), check=True).stdout.decode().strip().strip("/")
    return shell


def where(shell):
    """Return what says where commands run: this host's name, or the container's id."""
    return shell.run("hostname")


def containers(shell):
    return set(shell.cli("ps", "-aq", check=True).stdout.split()) - shell.others


def at_work(mark):
    """Whether none of those processes is stopped and one has the terminal: alone on it, a command has its own group."""
    states = []
    for pid in processes(mark):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
            state, _, group, _, _, terminal_group = file.read().rpartition(b")")[2].split()[:6]
            states.append((state != b"T", group == terminal_group))
    return all(runs for runs, _ in states) and any(has for _, has in states)


@both
def test_the_prompt_follows(entered):
    for line, shown in (("cd /etc", "/etc"), ("cd", "~"), ("cd -", "/etc")):
        entered.type(line)
        entered.expect(rf"\[{entered.box}\]{entered.box}:{shown} <#>")
    entered.type("exit")
    entered.expect(f":{os.getcwd()} <#>")
    assert entered.box not in where(entered)


def test_interrupt_ends_the_command_only(entered, mark):
    entered.type(f"sh -c 'echo ready; sleep {mark}'")
    entered.expect("ready\r")
    entered.press("c")
    entered.prompt()
    until(lambda: not processes(mark), "the command to end")
    assert "busybox" in entered.run("hull ps")


@both
def test_suspend_and_resume(entered, mark):
    entered.type(f"sh -c 'echo ready; while read x; do echo got $x; done' {mark}")
    entered.expect("ready\r")
    for number in range(times(5, 50)):
        entered.suspend()
        assert mark in entered.run("jobs")
        entered.type("fg")
        until(lambda: at_work(mark), "the job to go on")
        entered.type(f"n{number}")
        entered.expect(f"got n{number}\r")
    entered.press("c")
    entered.prompt()
    until(lambda: not processes(mark), "the job to end")


def test_a_pipeline_of_both_is_one_job(entered, mark):
    entered.type(f"sh -c 'echo ready >&2; sleep {mark}' | @host cat | cat")
    entered.expect("ready\r")
    until(lambda: foreground(mark), "the pipeline to stand")
    entered.press("c")
    entered.prompt()
    until(lambda: not processes(mark), "the pipeline to end")


def test_background(entered, mark):
    entered.run(f"sleep {mark} &")
    until(lambda: processes(mark), "the job to start")
    assert mark in entered.run("jobs")
    entered.type("fg")
    until(lambda: foreground(mark), "the job to have the terminal")
    entered.press("c")
    entered.prompt()
    until(lambda: not processes(mark), "the job to end")


def test_a_shell_inside_has_the_terminal_and_job_control(entered, mark):
    entered.type("sh")
    entered.expect("# ")
    entered.type(f"sleep {mark}")
    until(lambda: at_work(mark), "its job to have the terminal")
    entered.press("z")
    entered.expect("Stopped")
    entered.type("fg")
    until(lambda: at_work(mark), "its job to have the terminal again")
    entered.press("c")
    until(lambda: not processes(mark), "its job to end")
    entered.type("exit 7")
    entered.prompt()
    assert "rc 7" in entered.run("print('rc', __xonsh__.lastcmd.rtn)")


@both
def test_ctrl_d_leaves_one_scope_at_a_time_and_not_the_shell(entered):
    entered.run("hull enter --network none busybox")
    assert len(containers(entered)) == 2
    for left in (1, 0):
        entered.press("d")
        entered.prompt()
        until(lambda left=left: len(containers(entered)) == left, "the container to be gone")
    assert "alive" in entered.run("@host echo alive")


def test_a_container_that_is_killed_is_told_once(entered):
    entered.cli("kill", entered.box, check=True)
    until(lambda: entered.box.encode() not in entered.cli("ps", "--format", "{{.Names}}").stdout, "its end")
    entered.type("")
    entered.expect(f"{entered.box} has ended.*: back on this machine")
    entered.prompt()
    assert "has ended" not in entered.run("@host echo here")


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_the_shell(entered, mark, number):
    entered.run(f"sleep {mark} &")
    until(lambda: processes(mark), "the job to start")
    os.kill(entered.child.pid, number)
    assert gone(entered.child.pid, 30) or not entered.child.isalive()
    until(lambda: not processes(mark), "the container to end")


def test_known_commands_are_those_inside(entered):
    entered.run("import xonsh.pyghooks as hooks")
    told = entered.run(
        "print('known', [hooks._command_is_valid(x) for x in ('wget', 'python3', 'cd', '/bin/sh', '/x')])"
    )
    assert "known [True, False, True, True, False]" in told

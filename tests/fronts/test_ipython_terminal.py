"""A terminal's IPython: jobs again and again, its plain prompt, cells that keep their state."""

import os

import pytest

from tests import repeat
from tests.fronts.terminal import Terminal, foreground, processes
from tests.waiting import until

pytest.importorskip("IPython", reason="IPython is not installed")

from tests.fronts.test_ipython import ARGV, RUN

PLAIN_PROMPT = r"In \[\d+\]: "


@pytest.fixture
def shell(shell_env):
    terminal = Terminal([word for word in ARGV if word != "--simple-prompt"], shell_env)
    terminal.run("%load_ext hull")
    yield terminal
    terminal.close()


@pytest.fixture
def plain(shell_env):
    terminal = Terminal(ARGV, shell_env, PLAIN_PROMPT)
    terminal.run("%load_ext hull")
    yield terminal
    terminal.close()


def suspend_and_resume(terminal, mark, rounds):
    terminal.type(f"{RUN} sh -c 'echo ready; while read x; do echo got $x; done' {mark}")
    terminal.expect("ready\r")
    for number in range(rounds):
        assert "stopped" in terminal.suspend()
        terminal.type("%hull fg")
        until(lambda: foreground(mark), "the job to go on")
        terminal.type(f"line{number}")
        terminal.expect(f"got line{number}\r")
    terminal.press("c")
    terminal.prompt()
    until(lambda: not processes(mark), "the container to end")


def test_suspend_and_resume_again_and_again(shell, mark):
    suspend_and_resume(shell, mark, repeat.times(8, 50))
    assert "hull run" not in shell.run("%hull jobs")


def test_the_plain_prompt_has_jobs_too(plain, mark):
    suspend_and_resume(plain, mark, repeat.times(3, 50))


def test_a_job_goes_on_in_the_background(shell, mark):
    shell.type(f"{RUN} sh -c 'echo ready; while sleep 0.3; do echo over; done & sleep {mark}'")
    shell.expect("ready\r")
    shell.suspend()
    shell.run("%hull bg")
    shell.expect("over")
    assert "[1] hull run busybox" in shell.run("%hull jobs")
    shell.type("%hull fg")
    until(lambda: foreground(mark), "the job to have the terminal")
    shell.press("c")
    shell.prompt()


def test_a_named_cell_is_interrupted_and_keeps_its_state(plain, mark):
    plain.type("cell = get_ipython().run_cell_magic")
    plain.prompt()
    plain.run("cell('hull', '-n work busybox --network none', 'kept=7')")
    for _ in range(repeat.times(2, 50)):
        plain.type(f"cell('hull', '-n work', 'echo ready; sleep {mark}; echo never')")
        plain.expect("ready\r")
        until(lambda: processes(mark), "the program")
        plain.press("c")
        assert "KeyboardInterrupt" in plain.prompt()
        until(lambda: not processes(mark), "the program to end")
    assert "7" in plain.run("cell('hull', '-n work', 'echo $kept')")


def test_leaving_ends_the_named_containers(plain, cli, mark):
    plain.run(f"get_ipython().run_cell_magic('hull', '-n leaves busybox --network none', 'sleep {mark} &')")
    until(lambda: processes(mark), "what was left in the background to be executed")
    plain.type("exit")
    until(lambda: not plain.child.isalive(), "IPython to end")
    until(lambda: not processes(mark), "what ran in it to end")
    assert b"leaves" not in cli("ps", "-a").stdout


def test_live_statistics_end_with_an_interrupt(plain):
    plain.type("%hull stats")
    plain.expect("CONTAINER ID")
    plain.press("c")
    assert "Traceback" not in plain.prompt()
    assert os.path.exists(f"/proc/{plain.child.pid}")

"""`hull serve --session`: the shell's own server, its DOCKER_HOST, and its end with the shell, however that ends."""

import os
import re
import signal
import sys

import pytest

from tests import waiting
from tests.fronts.terminal import Terminal
from tests.fronts.test_ipython import ARGV as IPYTHON

pexpect = pytest.importorskip("pexpect", reason="pexpect is not installed")
XONSH = [sys.executable, "-m", "xonsh", "--no-rc", "-i", "-DPROMPT=>", "-DXONSH_SHOW_TRACEBACK=False"]
TOLD = re.compile(r"DOCKER_HOST=unix://(\S+/session-\d+\.sock), until this shell ends")
SHELLS = {
    "xonsh": (XONSH, "xontrib load hull", "", "echo $DOCKER_HOST", "xontrib unload hull"),
    "ipython": (IPYTHON, "%load_ext hull", "%", "!echo $DOCKER_HOST", "%unload_ext hull"),
}


@pytest.fixture(params=SHELLS)
def session(request, shell_env):
    pytest.importorskip({"ipython": "IPython"}.get(request.param, request.param))
    argv, load, *words = SHELLS[request.param]
    argv = [word for word in argv if word != "--simple-prompt"]
    terminal = Terminal(argv, {**shell_env, "DOCKER_HOST": "unix:///before"})
    terminal.run(load)
    yield terminal, *words
    terminal.close()


def _served(terminal, prefix):
    """Return the socket and the process of the server that a line starts."""
    path = TOLD.search(terminal.run(f"{prefix}hull serve --session"))[1]
    return path, _listening(terminal.child.pid)


def _listening(shell):
    """Return the shell's child that serves."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as stat, open(f"/proc/{pid}/cmdline", "rb") as line:
                if int(stat.read().rsplit(")", 1)[1].split()[1]) == shell and b"\0serve\0" in line.read():
                    return int(pid)
        except OSError:
            continue
    raise AssertionError("no server below the shell")


def test_it_is_there_for_the_shells_clients_and_goes_when_hull_does(session, cli):
    terminal, prefix, show, unload = session
    path, server = _served(terminal, prefix)
    assert f"unix://{path}" in terminal.run(show)
    assert _served(terminal, prefix) == (path, server)
    assert os.getsid(server) == server != os.getsid(terminal.child.pid)
    assert "cannot use --tcp together with --session" in terminal.run(f"{prefix}hull serve --session --tcp 127.0.0.1:1")
    shown = terminal.run(f"{prefix}hull docker --no-such-flag")  # the client, else a word that there is none
    assert "unknown flag: --no-such-flag" in shown or "no docker client" in shown
    assert terminal.child.isalive()  # it took a process of its own
    terminal.run(unload)
    assert waiting.gone(server)
    assert not os.path.exists(path)
    assert "unix:///before" in terminal.run(show)


def test_it_ends_with_a_shell_that_is_killed(session):
    terminal, prefix, *_ = session
    path, server = _served(terminal, prefix)
    os.kill(terminal.child.pid, signal.SIGKILL)
    assert waiting.gone(server)
    assert not os.path.exists(path)

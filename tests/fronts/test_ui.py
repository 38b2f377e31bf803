"""`hull ui` on a real terminal: what a person sees, what keys do to real containers, and that it leaves no trace."""

import json
import signal
import sys
import termios

import pytest

from tests.commandline import program
from tests.repeat import times
from tests.waiting import gone

pytest.importorskip("prompt_toolkit", reason="prompt_toolkit is not installed")
pytest.importorskip("pexpect", reason="pexpect is not installed")
pytest.importorskip("pyte", reason="pyte is not installed")


SAYS = "mkfifo /f; while :; do cat /f; done"
CLEAN = (set(), True, False)


@pytest.fixture
def empty(tmp_path):
    """Give a store without anything."""
    return str(tmp_path / "s")


def left(view):
    return view.modes, view.cursor, view.alternate


def detached(cli, name, line, *flags):
    cli("run", "-d", "--network", "none", "--name", name, *flags, "busybox", "sh", "-c", line, check=True)


def write(cli, name, words):
    cli("exec", name, "sh", "-c", 'printf "$0\\n" > /f', words, check=True)


def state_of(cli, name):
    return json.loads(cli("inspect", name, check=True).stdout)[0]["State"]["Status"]


@pytest.fixture
def view(fresh_cli, opened):
    """Give the view of a store of two containers: db, and web, whose log is what `write` says."""
    detached(fresh_cli, "web", SAYS)
    detached(fresh_cli, "db", "sleep 1000")
    made = opened(root=fresh_cli.root)
    made.shows("web", "db", "2/2 up", "following")
    return made


@pytest.mark.needs("userns")
def test_the_log_of_the_chosen_one_is_followed(view, fresh_cli):
    view.send("j")
    view.shows("web - following")
    write(fresh_cli, "web", "live-1")
    view.shows("live-1")
    write(fresh_cli, "web", r"\033]0;owned\007\033[?1049l\033[31mred\033[0m")
    view.shows("red")
    assert b"owned" not in view.raw
    assert view.alternate
    view.send("l/live\r")
    view.shows("1 below")
    write(fresh_cli, "web", "live-2")
    view.shows("2 below")
    assert "live-2" not in view.text
    view.send("G")
    view.shows("live-2", "following")


@pytest.mark.needs("userns")
def test_the_log_of_one_that_is_started_again(view, fresh_cli):
    view.send("j")
    view.shows("web - following")
    fresh_cli("stop", "-t", "0", "web", check=True)
    view.until(lambda: "exit" in view.line(" web "), "its end")
    fresh_cli("start", "web", check=True)
    view.until(lambda: "up" in view.line(" web "), "its second run")
    write(fresh_cli, "web", "live-again")
    view.shows("live-again")


@pytest.mark.needs("userns")
def test_keys_act_on_containers(view, fresh_cli):
    view.send("/db\r")
    view.hides("web")
    view.send("s")
    view.shows("stop db: done", "exit")
    assert state_of(fresh_cli, "db") == "exited"
    view.send("S")
    view.until(lambda: "up" in view.line(" db "), "db to run")
    view.send("p")
    view.until(lambda: "paused" in view.line(" db "), "db to pause")
    view.send("e")
    view.shows("cannot exec db: it is paused")
    view.send("p")
    view.until(lambda: "up" in view.line(" db "), "db to go on")
    view.send("d")
    view.shows("kill it and remove", "y yes")
    view.send("n")
    view.shows("nothing was done")
    assert state_of(fresh_cli, "db") == "running"
    view.send("dy")
    view.shows("0/1 up" if "web" in view.text else "1/1 up", "rm -f db: done")
    assert fresh_cli("inspect", "db").returncode
    view.send("\x1b")
    view.shows("web - following")


@pytest.mark.needs("userns")
def test_what_others_do_is_seen(view, fresh_cli):
    detached(fresh_cli, "other", "sleep 1000")
    view.shows("other", "3/3 up")
    fresh_cli("rm", "-f", "other", check=True)
    view.shows("2/2 up")
    fresh_cli("tag", "busybox", "again:1", check=True)
    view.send("2")
    view.shows("again:1")
    view.send("5")
    view.shows("destroy", "die")


@pytest.mark.needs("userns")
def test_a_shell_in_it_and_back(view):
    before = view.settings()
    for number in range(times(2, 50)):
        view.send("e")
        view.shows("exit comes back", "# ")
        assert not view.alternate
        assert left(view)[:2] == (set(), True)
        view.send(f"echo in-$((40+{number}))\r")
        view.shows(f"in-{40 + number}")
        view.send("exit\r")
        view.shows("1 Containers", "db")
        view.until(lambda: left(view)[2], "the view")
    view.send("q")
    assert view.end() == 0
    assert left(view) == CLEAN
    assert view.settings() != before  # it was asked while the view had it raw


@pytest.mark.needs("userns")
@pytest.mark.parametrize("line", ["", "trap '' HUP TERM; "], ids=["ends", "resists"])
def test_terminated_while_a_shell_has_the_terminal(view, line):
    view.send("e")
    view.shows("exit comes back", "# ")
    view.send(f"{line}stty raw -echo; echo raw-$((1+1))\r")
    view.shows("raw-2")
    view.kill(signal.SIGTERM)
    assert view.end() == -signal.SIGTERM
    assert left(view) == CLEAN
    assert view.settings()[3] & termios.ECHO


@pytest.mark.needs("userns")
def test_details_in_every_size(view):
    view.send("i")
    view.shows('Id: "', "Path:")
    view.send("/status\r")
    view.shows('Status: "running"')
    view.send("\x1bo")
    view.shows("PID", "sleep 1000")
    view.resize(40, 10)
    view.until(lambda: "PID" in view.text and "quit" in view.screen.display[9], "the small screen")
    view.resize(10, 3)
    view.until(lambda: "hull: 10x3" in view.text, "hardly a screen")
    view.resize(160, 40)
    view.until(lambda: "IMAGE" in view.text and "PID" in view.text, "the large screen")
    view.send("t")
    view.shows("peak", "pids")


@pytest.mark.parametrize(
    ("end", "code"),
    [("q", 0), ("\x03", 0), (signal.SIGTERM, -15), (signal.SIGINT, -2), (signal.SIGHUP, -1)],
    ids=["q", "ctrl-c", "SIGTERM", "SIGINT", "SIGHUP"],
)
def test_the_terminal_is_left_as_it_was(opened, empty, end, code):
    for _ in range(times(1, 50)):
        view = opened(root=empty)
        before = view.settings()
        view.shows("no containers")
        assert left(view) == ({"mouse", "mouse-any", "paste"}, False, True)
        if isinstance(end, str):
            view.send(end)
        else:
            view.kill(end)
        assert view.end() == code
        assert left(view) == CLEAN
        assert view.settings() == before
        view.close()


@pytest.mark.parametrize("good", [0, 3])
def test_a_fault_leaves_the_terminal_as_it_was_and_is_told(opened, empty, good):
    fault = (
        "import sys, hull.ui.control as c, hull.cli\n"
        f"real, left = c.paint, [1] * {good}\n"
        "def paint(*words):\n"
        "    left.pop() if left else 1 / 0\n"
        "    return real(*words)\n"
        "c.paint = paint\n"
        "sys.exit(hull.cli.run(['ui']))"
    )
    view = opened(sys.executable, "-c", fault, root=empty)
    before = view.settings()
    assert view.end() == 125
    assert "fault in hull: ZeroDivisionError" in view.text.replace("\n", "")
    assert left(view) == CLEAN
    assert view.settings() == before


def test_a_terminal_that_is_gone_ends_it(opened, empty):
    view = opened(root=empty)
    view.shows("no containers")
    pid = view.child.pid
    view.hang_up()
    assert gone(pid)


def test_ctrl_z_and_fg_in_bash(opened, empty):
    hull = " ".join(program())
    for _ in range(times(1, 50)):
        view = opened(
            "bash", "--norc", "--noprofile", "-i", root=empty, PS1="prompt:", BASH_SILENCE_DEPRECATION_WARNING="1"
        )
        view.shows("prompt:")
        view.send(f"{hull} ui\r")
        view.shows("no containers")
        raw = view.settings()
        view.send("\x1a")
        view.shows("Stopped")
        view.until(lambda view=view, raw=raw: view.settings() != raw, "the shell's settings")
        assert left(view)[1:] == (True, False)
        view.send("fg\r")
        view.until(lambda view=view: view.alternate, "the view")
        view.shows("no containers", "1 Containers")
        view.send("q")
        view.until(lambda view=view: not view.alternate, "the end")
        view.send("echo code-$?\r")
        view.shows("code-0")
        view.close()


def test_in_xonsh(opened, empty):
    pytest.importorskip("xonsh", reason="xonsh is not installed")
    shell = (sys.executable, "-m", "xonsh", "--no-rc", "-i", "-DPROMPT=ready:", "-DXONSH_SHOW_TRACEBACK=False")
    view = opened(*shell, root=empty)
    view.shows("ready:")
    view.send("xontrib load hull\r")
    view.shows("ready:xontrib load hull", "\nready:")
    view.send("hull ui\r")
    view.shows("no containers")
    view.send("\x1a")
    view.until(lambda: not view.alternate, "the prompt")
    view.shows("Stopped")
    view.send("fg\r")
    view.until(lambda: view.alternate, "the view")
    view.send("q")
    view.until(lambda: not view.alternate, "the end")
    view.send("echo all-$(echo well)\r")
    view.shows("all-well")


def test_in_ipython(opened, empty):
    pytest.importorskip("IPython", reason="IPython is not installed")
    view = opened(sys.executable, "-m", "IPython", "--no-banner", "--colors=nocolor", root=empty)
    view.shows("In [1]:")
    view.send("%load_ext hull\r")
    view.shows("In [2]:")
    view.send("%hull ui\r")
    view.shows("no containers")
    view.send("\x1a")
    view.shows("stopped  hull ui", "In [3]:")
    view.send("%hull fg\r")
    view.until(lambda: view.alternate, "the view")
    view.send("q")
    view.shows("In [4]:")
    view.send("6 * 7\r")
    view.shows("42")


def test_mouse(opened, empty):
    view = opened(root=empty)
    view.shows("no containers")
    view.click(view.screen.display[0].index("3 Networks"), 0)
    view.shows("NETWORK", "DRIVER", " none ")
    row = next(n for n, line in enumerate(view.screen.display) if line.startswith(" none "))
    view.click(3, row)
    view.shows("none - ")
    view.send("m")
    view.until(lambda: "mouse" not in view.modes, "the mouse is the terminal's")


def test_without_colours_and_without_utf8(opened, empty):
    plain = opened(root=empty, NO_COLOR="1")
    plain.shows("no containers")
    plain.send("3i")
    plain.shows("EnableIPv4")
    cells = [cell for line in plain.screen.buffer.values() for cell in line.values()]
    assert {(cell.fg, cell.bg) for cell in cells} == {("default", "default")}
    assert any(cell.reverse for cell in cells)
    other = opened(root=empty, LC_ALL="C")
    other.shows("no containers", "-- Logs")
    assert other.raw.isascii()
    coloured = opened(root=empty)
    coloured.shows("no containers", "── Logs")
    assert [c for line in coloured.screen.buffer.values() for c in line.values() if c.fg != "default"]


@pytest.mark.parametrize("term", ["xterm", "screen", "linux", "vt100"])
def test_terminals(opened, empty, term):
    view = opened(root=empty, TERM=term, width=40, height=10)
    view.shows("no containers", "quit")
    view.send("q")
    assert view.end() == 0


@pytest.mark.needs("userns")
def test_top_begins_at_the_processes(cli, opened):
    detached(cli, "ui-top", "sleep 1234")
    try:
        view = opened(*program(), "top", "-i", "ui-top", root=cli.root)
        view.shows("PID", "sleep 1234", "ui-top")
        view.send("q")
        assert view.end() == 0
    finally:
        cli("rm", "-f", "ui-top", check=True)

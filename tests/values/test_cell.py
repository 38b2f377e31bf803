"""hull.cell: a text in a container's Python with values of this process. The program in there may be hostile."""

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import textwrap
import types

import pytest
from hull.errors import HullError, UserError
from hull.values.exchange import Exchange
from hull.values.outcome import NoAnswer

from tests.fronts.terminal import processes
from tests.waiting import gone, until

pytestmark = [pytest.mark.real, pytest.mark.needs("launcher", "userns", "program:busybox")]


def test_values_go_in_and_come_back(cell, capfd):
    value = {"a": [1, (2.5, None)], "when": dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "deep": [[[b"x"]]]}
    back = cell("print('inside', sorted(v))\nw = {**v, 'n': n + 1}", {"v": value, "n": 1}, ["w", "n"])
    assert back == {"w": {**value, "n": 2}, "n": 1}
    assert capfd.readouterr().out == "inside ['a', 'deep', 'when']\n"


def test_arrays_and_frames_go_through_a_python_that_has_them(cell):
    np, pd = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    grid = np.arange(1 << 20, dtype="f4").reshape(1024, 1024)
    source = "grid += 1\nrow = grid[3, ::2]\nframe['c'] = frame['a'] * 2"
    back = cell(source, {"frame": frame, "grid": grid}, ["frame", "row", "grid"], packages=True)
    assert np.array_equal(back["grid"], grid + 1)
    assert np.array_equal(back["row"], (grid + 1)[3, ::2])
    assert back["frame"]["c"].tolist() == [2, 4]
    assert grid[0, 0] == 0  # what the cell did to its own is its own
    back["grid"][0, 0] = 7  # and what came back is ours to change


def test_what_is_missing_there_is_named(cell):
    np = pytest.importorskip("numpy")
    with pytest.raises(UserError, match=r"cannot send grid into pybox: No module named 'numpy' there") as found:
        cell("raise SystemExit(9)", {"n": 1, "grid": np.ones(3)})
    assert "pip install numpy in the image" in found.value.hint


def test_a_class_that_both_sides_have_travels_in_and_with_trust_out(cell):
    value = types.SimpleNamespace(a=[1])
    assert cell("b = v.a", {"v": value}, ["b"]) == {"b": [1]}
    with pytest.raises(UserError, match=r"cannot take v \(types.SimpleNamespace\) out of pybox") as found:
        cell("pass", {"v": value}, ["v"])
    assert "--trust" in found.value.hint
    assert cell("v.b = 2", {"v": value}, ["v"], trust=True) == {"v": types.SimpleNamespace(a=[1], b=2)}


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [
        ("a = 1\nraise ValueError('why')", 1, 'File "<cell>", line 2'),
        ("a = 1\nimport sys; sys.exit(3)", 3, ""),
        ("a = 1\nimport os; os._exit(0)", 1, ""),
        ("a = 1\nimport os, signal; os.kill(os.getpid(), 9)", 137, ""),
        ("a = = 1", 1, "SyntaxError"),
    ],
    ids=["raises", "exits", "leaves", "killed", "no Python"],
)
def test_a_cell_that_fails_gives_nothing(cell, capfd, source, code, says):
    with pytest.raises(NoAnswer, match="the cell in pybox ended with exit code") as found:
        cell(source, {}, ["a"])
    assert found.value.exit_code == code
    assert says in capfd.readouterr().err


def test_what_the_cell_did_not_assign_is_named(cell):
    with pytest.raises(UserError, match="cannot take b out of pybox: the cell did not assign it"):
        cell("a = 1", {}, ["a", "b"])


def test_a_class_of_the_cell_is_named_even_with_trust(cell):
    with pytest.raises(UserError, match=r"cannot take a .* out of pybox: it is defined in __main__"):
        cell("class A: pass\na = A()", {}, ["a"], trust=True)


def test_what_cannot_travel_is_said_before_anything_starts(cell):
    with pytest.raises(UserError, match=r"cannot send g \(generator\) into pybox"):
        cell("print('started')", {"fine": 1, "g": (i for i in ())})
    with pytest.raises(UserError, match="cannot use 'a b' as the name"):
        cell("pass", {"a b": 1})


def test_a_cell_without_values_may_end_as_it_likes(cell):
    assert cell("a = 1") == {}
    with pytest.raises(NoAnswer):
        cell("raise SystemExit(4)")


def test_children_of_the_cell_neither_answer_nor_hold_the_files(cell):
    source = """
        import os, subprocess, sys
        child = os.fork()
        a = "child" if child == 0 else "parent"
        if child:
            os.waitpid(child, 0)
            listed = subprocess.run([sys.executable, "-c", "import os; print(len(os.listdir('/proc/self/fd')))"],
                                    close_fds=False, capture_output=True, text=True)
            count = int(listed.stdout)
    """
    back = cell(textwrap.dedent(source), {}, ["a", "count"])
    assert back["a"] == "parent"
    assert back["count"] == 4  # its three, and the directory's own


def test_a_child_s_end_is_not_the_cell_s(cell):
    with pytest.raises(NoAnswer):
        cell("import os\na = 1\nif os.fork():\n    os.waitpid(-1, 0)\n    os._exit(0)", {}, ["a"])


def test_what_was_given_before_a_failure_is_not_assigned(cell):
    with pytest.raises(NoAnswer):
        cell("import atexit, os\na = 1\natexit.register(os._exit, 5)", {}, ["a"])


def test_the_cell_reads_nothing_of_this_process(cell):
    assert cell("import sys; text = sys.stdin.read()", {}, ["text"]) == {"text": ""}


def test_a_monitor_in_between_is_said(cell, capfd):
    with pytest.raises(NoAnswer):
        cell("a = 1", {}, ["a"], log_driver="json-file")
    assert "the values did not arrive" in capfd.readouterr().err


HOSTILE = """
import os, sys, pickle, struct
links = {f: "/proc/self/fd/%d" % f for f in range(3, 40)}
fd = next(f for f, link in links.items() if os.path.exists(link) and "hull-out" in os.readlink(link))
"""
FORGE = """
class Bomb:
    def __reduce__(self):
        return os.mkdir, (sys.argv[0] or PATH,)
import hull_inside.cell as inside
inside.pack(fd, {"status": "ok"}, {"a": Bomb()}, True)
os._exit(0)
"""


def test_a_pickle_that_a_hostile_program_sends_is_not_run(cell, tmp_path):
    source = HOSTILE + FORGE.replace("sys.argv[0] or PATH", repr(str(tmp_path / "run")))
    with pytest.raises(HullError, match="it holds a pickle"):
        cell(source, {}, ["a"])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("forgery", "says"),
    [
        ("os.ftruncate(fd, 1 << 50)", "it has holes"),
        ("os.write(fd, b'x' * 5000)", "its header is wrong"),
        ('inside.pack(fd, {"status": "ok"}, {"b": 1}, False)', "other values than were asked"),
        ('inside.pack(fd, {"status": "ok"}, {}, False)', "other values than were asked"),
        ('inside.pack(fd, {"status": ["ok"]}, {"a": 1}, False)', "its answer is wrong"),
        ('inside.pack(fd, {"status": "cannot", "path": "a\\x1b[2J", "reason": "r" * 9999}, {}, False)', r"a\?\[2J"),
    ],
    ids=["holes", "no header", "another name", "no names", "no status", "escapes"],
)
def test_a_forged_answer_is_refused(cell, forgery, says):
    with pytest.raises(HullError, match=says) as found:
        cell(f"{HOSTILE}import hull_inside.cell as inside\n{forgery}\nos._exit(0)", {}, ["a"])
    assert len(str(found.value)) < 1000


def test_an_answer_that_can_still_change_is_refused():
    """As when a program of the container that goes on has it mapped."""
    import mmap

    with Exchange("box", "", {}, ["a"]) as exchange:
        answer = exchange.descriptors[2]
        os.ftruncate(answer, 4096)
        with mmap.mmap(answer, 4096), pytest.raises(HullError, match="a program there can still change it"):
            exchange.collect(0)


def test_the_letter_does_not_change_under_its_reader(cell):
    source = """
        import os
        def refused(call):
            try:
                call()
            except OSError:
                return True
        fds = [f for f in range(3, 40) if os.path.exists("/proc/self/fd/%d" % f)]
        letter = [f for f in fds if "hull-in" in os.readlink("/proc/self/fd/%d" % f)]
        program = [f for f in fds if "hull-cell" in os.readlink("/proc/self/fd/%d" % f)]
        calls = (lambda f: os.pwrite(f, b"x", 0)), (lambda f: os.ftruncate(f, 0))
        sealed = [refused(lambda: call(f)) for f in letter + program for call in calls]
    """
    assert cell(textwrap.dedent(source), {}, ["sealed"]) == {"sealed": [True] * 4}


SLEEPER = """
import hull, subprocess
hull.cell("pybox", "import subprocess; subprocess.run(['sleep', '{mark}'])", in_={{"v": bytes(1 << 20)}}, out=["v"],
          network="none", volume={volume!r})
"""


def test_an_interrupt_leaves_nothing(cli, python_box):
    """No container, no process, no file: what held them is gone with this one's descriptors."""
    before, mark = set(os.listdir("/dev/shm")), f"1{os.getpid()}06"
    source = SLEEPER.format(mark=mark, volume=python_box["volume"])
    with subprocess.Popen([sys.executable, "-c", source], env=cli.env(), stderr=subprocess.PIPE) as process:
        inside = until(lambda: processes(mark))
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[1]
    assert b"KeyboardInterrupt" in said
    assert all(gone(pid) for pid in inside)
    assert b"pybox" not in cli("ps", "-a", check=True).stdout
    assert set(os.listdir("/dev/shm")) == before


class Interrupting:
    def __reduce__(self):
        raise KeyboardInterrupt


def held():
    """Return the files of exchanges that this process has open."""
    links = (f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd"))
    return [link for link in links if os.path.lexists(link) and "memfd:hull" in os.readlink(link)]


def test_an_interrupt_while_values_are_sent_leaves_nothing():
    with pytest.raises(KeyboardInterrupt):
        Exchange("box", "", {"big": bytes(1 << 21), "v": Interrupting()})
    assert held() == []


def test_descriptors_go_whatever_comes(cell):
    for source, out in (("raise ValueError", ["a"]), ("a = v * 3", ["a"]), ("a = object()", ["a"])):
        with contextlib.suppress(HullError):
            cell(source, {"v": bytes(1 << 21)}, out)
        assert held() == []

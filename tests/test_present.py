"""What people see."""

import io
import json
import os
import pty
import select
import sys
import termios
from typing import NamedTuple

import pytest
from hull import present
from hull.errors import UserError
from hull.log import Event
from hull.progress import Progress, line
from hull.trials.reporting import Lines, Piece


class Row(NamedTuple):
    container_id: str
    created: float
    size: int
    ports: tuple[str, ...]


def shown(value, output="", row=None):
    stream = io.StringIO()
    present.show(value, stream, output, row)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0B"), (999, "999B"), (1000, "1kB"), (1234, "1.23kB"), (12_345, "12.3kB"), (999_400, "999kB"),
        (77_700_000, "77.7MB"), (10**18, "1000PB"),
    ],
)  # fmt: skip
def test_size(count, text):
    assert present.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "Less than a second ago"), (1, "1 second ago"), (59, "59 seconds ago"), (60, "About a minute ago"),
        (3_600, "About an hour ago"), (7_300, "2 hours ago"), (90_000, "25 hours ago"), (86_400 * 3, "3 days ago"),
    ],
)  # fmt: skip
def test_age(seconds, text):
    assert present.age(1000.0, 1000.0 + seconds) == text


def test_a_table_names_its_fields_and_aligns():
    rows = [Row("abc", 0.0, 1000, ("80", "81")), Row("abcdef", 0.0, 5, ())]
    head, first, second = shown(rows).splitlines()
    assert head.split("   ")[0] == "CONTAINER ID"
    assert "1kB" in first
    assert first.endswith("80, 81")
    assert second.index("5B") == first.index("1kB") == head.index("SIZE")


def test_an_empty_table_has_its_header_and_quiet_has_none():
    assert shown([], row=Row) == "CONTAINER ID   CREATED   SIZE   PORTS\n"
    assert shown([]) == ""


def test_json_keeps_the_values():
    data = json.loads(shown([Row("abc", 1.5, 1000, ("80",))], "json"))
    assert data == [{"container_id": "abc", "created": 1.5, "size": 1000, "ports": ["80"]}]


@pytest.mark.parametrize(
    ("value", "text"),
    [("one", "one\n"), ("", ""), (["a", "b"], "a\nb\n"), ({"a": 1}, '{\n  "a": 1\n}\n'), (iter(["x"]), "x\n")],
)
def test_shapes(value, text):
    assert shown(value) == text


def test_control_characters_do_not_reach_a_terminal():
    class Name(NamedTuple):
        name: str

    assert "\x1b" not in shown([Name("a\x1b]0;owned\x07")])


def test_progress_off_a_terminal_is_one_line_a_change():
    stream = io.StringIO()
    progress = Progress(stream)
    for event in ("pulling", "pulling", "unpacking"):
        progress(Event("progress", "abc", event, 5, 10))
    progress(Event("warning", "net", "no way out"))
    progress.close()
    assert stream.getvalue() == "abc: pulling\nabc: unpacking\nhull: warning: net: no way out\n"


def test_quiet_keeps_warnings():
    stream = io.StringIO()
    progress = Progress(stream, quiet=True)
    progress(Event("progress", "abc", "pulling"))
    progress(Event("note", "", "by the way"))
    progress(Event("warning", "", "beware"))
    assert stream.getvalue() == "hull: warning: beware\n"


@pytest.mark.parametrize("rich", [False, True])
def test_progress_on_a_terminal_updates_its_lines(monkeypatch, rich):
    if rich:
        pytest.importorskip("rich.progress")
        monkeypatch.setenv("TERM", "xterm")
    else:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    master, slave = pty.openpty()
    termios.tcsetwinsize(master, (24, 80))
    with os.fdopen(slave, "w") as stream:
        progress = Progress(stream)
        progress(Event("progress", "aaa", "pulling", 1, 2))
        progress(Event("progress", "bbb", "pulling", 1, 2))
        progress(Event("progress", "aaa", "done"))
        progress(Event("note", "", "[by] the way"))
        progress.close()
        text = ""
        while select.select([master], [], [], 0.5)[0]:  # a terminal hands its bytes over when it likes
            text += os.read(master, 65536).decode()
    os.close(master)
    assert ("\x1b[2A" in text) is not rich
    assert ("\x1b[2K" in text) is rich
    assert "hull: [by] the way" in text
    assert text.rindex("aaa: done") > text.index("bbb: pulling")
    assert "\n" in text[text.rindex("bbb: pulling") :]


def test_a_line_never_divides_by_an_unknown_total():
    assert line(Event("progress", "abc", "pulling", 2000, 0)).endswith("2kB")
    assert "[" in line(Event("progress", "abc", "pulling", 1, 2))
    assert line(Event("progress", "", "unpacking")).strip() == "unpacking"


def test_explain_a_refusal():
    assert present.explain(UserError("cannot do it", "do that")) == "hull: cannot do it\n  hint: do that"


def test_explain_lets_no_name_speak_to_the_terminal():
    told = present.explain(UserError("cannot keep \x1b]0;x\x07:\n  one", "try \x1b[2J\udcff"))
    assert told == "hull: cannot keep \\x1b]0;x\\x07:\n  one\n  hint: try \\x1b[2J\\udcff"


def test_explain_a_fault_saves_its_traceback(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1 // 0
    text = present.explain(caught.value)
    assert text.startswith("hull: this is a fault in hull: ZeroDivisionError: integer division or modulo by zero\n")
    (saved,) = tmp_path.iterdir()
    assert str(saved) in text
    assert "Traceback" in saved.read_text()
    assert saved.stat().st_mode & 0o077 == 0


def test_debug_prints_the_traceback(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("HULL_DEBUG", "1")
    assert present.explain(ValueError("x")).startswith("ValueError: x\n")
    assert not list(tmp_path.iterdir())


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("word", "stream", "environ", "coloured"),
    [
        ("auto", Terminal, {}, True), ("auto", Terminal, {"NO_COLOR": "1"}, False),
        ("auto", Terminal, {"TERM": "dumb"}, False), ("auto", io.StringIO, {}, False),
        ("always", io.StringIO, {"NO_COLOR": "1"}, True), ("never", Terminal, {}, False),
    ],
)  # fmt: skip
def test_lines_with_colours_show_them_where_they_are_wanted(monkeypatch, word, stream, environ, coloured):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for key, value in environ.items():
        monkeypatch.setenv(key, value)
    value = Lines([[Piece("a", "32"), Piece(" b")]])
    value.colours = word
    written = stream()
    present.show(value, written)
    assert written.getvalue() == ("\x1b[32ma\x1b[m b\n" if coloured else "a b\n")

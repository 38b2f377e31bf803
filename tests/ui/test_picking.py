"""Picking among changes: what is chosen after which keys, what is drawn, what comes of it."""

import itertools

import pytest

pytest.importorskip("prompt_toolkit", reason="prompt_toolkit is not installed")

from hull.commands._picking import Picking as View
from hull.commands._picking import Texts
from hull.trials.changes import Change, Entry
from hull.ui import text
from hull.ui.glyphs import ASCII
from hull.ui.picker import Picker
from hull.ui.picking import Picking
from hull.ui.picking_keys import KEYS
from hull.ui.picking_painting import paint
from hull.ui.picking_press import CHANGES, press
from hull.ui.picking_text import Detail
from hull.ui.spoken_press import STEPS
from hull.ui.state import Request
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.conftest import text_of

OLD = b"".join(b"line %d\n" % number for number in range(40))
NEW = OLD.replace(b"line 3\n", b"three\n").replace(b"line 6\n", b"").replace(b"line 30\n", b"line 30\nmore\n")
LOCKED = "needs root: /etc is root's"
SIZES = [(80, 24), (40, 10), (20, 4), (19, 3), (1, 1), (200, 60), (100, 14), (99, 13), (132, 43)]


def entry(kind="file", size=9, mode=0o644, **more):
    return Entry(kind, mode, 0, 0, size, 0, **more)


def changes():
    return [
        Change("changed", "/etc/hosts", ("content",), entry(), entry()),
        Change("changed", "/home/u/.bashrc", ("content",), entry(size=len(OLD)), entry(size=len(NEW))),
        Change("removed", "/home/u/gone", (), entry(), None),
        Change("added", "/home/u/new", (), None, entry("directory", 0, 0o755)),
        Change("added", "/home/u/new/a", (), None, entry(size=1200)),
        Change("added", "/home/u/new/l", (), None, entry("link", 1, target="a")),
        Change("changed", "/home/u/run", ("mode",), entry(), entry(mode=0o755)),
    ]


def view(listed=None, read=None):
    def content(change, side):
        assert change.path == "/home/u/.bashrc"
        return OLD if side == "old" else NEW

    return View(
        "brave_try", changes() if listed is None else listed, read or content, keep=lambda *said: said,
        drop=lambda paths: paths, locked={"/etc/hosts": LOCKED},
        flags={"/home/u/.bashrc": "start-up file: keep asks for it"},
    )  # fmt: skip


@pytest.fixture
def state():
    return Picking(view())


def shown(state, width=80, height=24):
    return text_of(paint(state, width, height))


def go(state, path):
    state.choices.choose([row.node.path for row in state.choices.rows].index(path))


def read(state):
    state.texts[state.node.path] = Detail(state.node.change, view().texts(state.node.change))


def into(state, path):
    go(state, path)
    assert press(state, "enter") == Request("read")
    read(state)
    assert press(state, "enter") is None


def chosen(state):
    return [node.path for node in state.choices.chosen()]


def test_nothing_is_chosen_at_first_and_nothing_is_nothing_to_keep(state):
    assert chosen(state) == []
    assert press(state, "k") is None
    assert state.question is None
    assert "Space chooses" in state.message.text


def test_a_file_is_chosen_and_taken_back(state):
    go(state, "/home/u/gone")
    press(state, " ")
    assert chosen(state) == ["/home/u/gone"]
    press(state, " ")
    assert chosen(state) == []


def test_a_directory_is_all_below_it(state):
    go(state, "/home/u")
    press(state, " ")
    assert len(chosen(state)) == 6
    go(state, "/home/u/gone")
    press(state, " ")
    assert state.choices.nodes["/home/u/gone"].parent.state == "some"
    go(state, "/home/u")
    press(state, " ")
    assert len(chosen(state)) == 6
    press(state, " ")
    assert chosen(state) == []


def test_a_new_file_takes_its_new_directory_with_it(state):
    go(state, "/home/u/new/a")
    press(state, " ")
    assert chosen(state) == ["/home/u/new", "/home/u/new/a"]


def test_what_is_locked_says_why_and_is_never_chosen(state):
    press(state, "a")
    assert "/etc/hosts" not in chosen(state)
    go(state, "/etc/hosts")
    press(state, " ")
    assert LOCKED in state.message.text
    assert "/etc/hosts" not in chosen(state)
    assert any(LOCKED in line for line in shown(state))


def test_all_and_none_are_of_what_the_filter_leaves(state):
    for key in ("/", *"new !a", "enter", "a"):
        press(state, key)
    assert chosen(state) == ["/home/u/new", "/home/u/new/l"]
    press(state, "escape")
    press(state, "a")
    assert len(chosen(state)) == 6
    for key in ("/", *"gone", "enter", "n", "escape"):
        press(state, key)
    assert len(chosen(state)) == 5


def test_parts_of_a_file_make_its_content(state):
    into(state, "/home/u/.bashrc")
    assert len(state.hunks()) == 2
    press(state, "down")
    press(state, " ")
    decision = state.decision("keep")
    assert decision.paths == ("/home/u/.bashrc",)
    assert decision.contents == {"/home/u/.bashrc": OLD.replace(b"line 30\n", b"line 30\nmore\n")}
    assert state.choices.nodes["/home/u/.bashrc"].state == "some"
    press(state, "up")
    press(state, " ")
    assert state.decision("keep").contents == {}
    assert state.choices.nodes["/home/u/.bashrc"].state == "all"
    press(state, "up")
    press(state, " ")
    assert state.decision("keep").contents == {"/home/u/.bashrc": OLD.replace(b"line 30\n", b"line 30\nmore\n")}


def test_a_part_is_split(state):
    into(state, "/home/u/.bashrc")
    press(state, "s")
    assert state.hunks() == [(0,), (1,), (2,)]
    press(state, " ")
    assert state.decision("keep").contents == {"/home/u/.bashrc": OLD.replace(b"line 3\n", b"three\n")}
    assert state.part == 1
    press(state, "s")
    assert "cannot be split" in state.message.text
    press(state, "n")
    assert chosen(state) == []


def test_what_has_no_parts_is_said(state):
    go(state, "/home/u/run")
    state.texts["/home/u/run"] = Detail(state.node.change, Texts())
    press(state, "enter")
    assert not state.inside
    assert "chosen whole" in state.message.text
    assert any("0644 rw-r--r-- -> 0755 rwxr-xr-x" in line for line in shown(state))


@pytest.mark.parametrize(("key", "verb"), [("k", "keep"), ("d", "drop")])
def test_what_is_done_asks_before(state, key, verb):
    press(state, "a")
    assert press(state, key) is None
    assert verb in state.question.text
    assert press(state, "enter") is None
    assert state.message.text == "nothing was done"
    press(state, key)
    assert press(state, "y") == Request(verb)
    assert state.decision(verb).verb == verb


def test_no_file_is_dropped_that_is_chosen_in_part(state):
    into(state, "/home/u/.bashrc")
    press(state, " ")
    assert press(state, "d") is None
    assert state.question is None
    assert "/home/u/.bashrc is chosen in part" in state.message.text
    press(state, "k")
    assert "keep 1 change on" in state.question.text
    press(state, "n")
    press(state, "a")
    press(state, "d")
    assert "drop 1 change from" in state.question.text


def test_nothing_is_read_once_the_picker_has_ended():
    read = []
    picker = Picker(view(read=lambda change, side: read.append(side) or OLD))
    change = next(one for one in changes() if one.path == "/home/u/.bashrc")
    assert picker._read(change).divisible
    picker.stop()
    assert not picker._read(change).divisible
    assert read == ["old", "new"]


def test_q_leaves_everything_as_it_is(state):
    press(state, "a")
    assert press(state, "q") == Request("quit")


def test_directories_fold_and_what_is_below_stays_chosen(state):
    press(state, "a")
    go(state, "/home/u")
    press(state, "left")
    assert "/home/u/gone" not in [row.node.path for row in state.choices.rows]
    assert len(chosen(state)) == 6
    press(state, "right")
    go(state, "/home/u/new/a")
    press(state, "left")
    assert state.node.path == "/home/u/new"


def test_many_changes_begin_folded():
    many = [Change("added", f"/home/u/d{n % 3}/f{n}", (), None, entry()) for n in range(90)]
    state = Picking(view(many))
    assert len(state.choices.rows) == 4
    press(state, "*")
    assert len(state.choices.rows) == 94


def test_what_is_seen(state):
    into(state, "/home/u/.bashrc")
    press(state, " ")
    lines = shown(state, 80, 40)
    assert "changes of brave_try" in lines[0]
    assert "1 locked, 1 of 6 chosen" in lines[0]
    assert lines[3].split()[:3] == ["[-]", "M", ".bashrc"]
    assert "start-up file" in lines[3]
    assert any("[x] @@ -1,10 +1,9 @@" in line for line in lines)
    assert any(line.strip() == "-line 3" for line in lines)
    assert any("keep asks for it" in line for line in lines)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_size_is_filled_exactly(state, width, height):
    into(state, "/home/u/.bashrc")
    for change in ("", "help", "zoomed"):
        if change:
            setattr(state, change, True)
        frame = paint(state, width, height)
        assert len(frame.lines) == height
        assert {sum(text.width(part) for _, part in line) for line in frame.lines} == {width}


def test_hostile_names_reach_no_terminal():
    state = Picking(view([Change("added", "/a\x1b]0;x\x07\n/\udcff漢", (), None, entry("link", 1, target="\x1b[2J"))]))
    state.texts[state.choices.rows[-1].node.path] = Detail(state.choices.rows[-1].node.change, Texts())
    press(state, "G")
    words = "".join(shown(state))
    assert words.isprintable()
    assert "漢" in words


def test_a_terminal_without_utf8_gets_none():
    state = Picking(view(), ASCII)
    assert "".join(shown(state)).isascii()


def test_binaries_are_shown_as_bytes():
    change = changes()[4]
    detail = Detail(change, view(read=lambda _change, _side: b"\x7fELF\0\1").texts(change))
    assert any("7f 45 4c 46 00 01" in "".join(part for _, part in row.line) for row in detail.rows())
    assert not detail.divisible


def test_what_cannot_be_read_is_said_and_has_no_parts():
    change = changes()[1]
    texts = view(read=lambda _change, _side: None).texts(change)
    assert texts.parts is None
    assert texts.note


def test_a_click_finds_boxes_and_rows(state):
    frame = paint(state, 80, 24)
    assert frame.at(1, 4) == ("box", "3")
    assert frame.at(40, 4) == ("row", "3")
    assert frame.at(5, 23 - 1)[0] == "text"


def test_every_key_does_something():
    done = {*CHANGES, *STEPS, "keep", "drop", "quit", "suspend", "redraw", "scroll"}
    assert {entry.action for entry in KEYS} <= done


@given(st.lists(st.sampled_from(["up", "down", " ", "enter", "a", "n", "s", "left", "right", "*", "escape", "z", "?"]),
                max_size=30))  # fmt: skip
def test_counts_are_right_whatever_is_pressed(pressed):
    state = Picking(view())
    for key in pressed:
        if press(state, key) == Request("read"):
            known = state.node.path == "/home/u/.bashrc"
            state.texts[state.node.path] = Detail(
                state.node.change, view().texts(state.node.change) if known else Texts()
            )
            press(state, "enter")
        paint(state, 80, 24)
    nodes = list(state.choices.root.walk())
    assert state.choices.root.taken == sum(node.whole for node in nodes)
    assert state.choices.root.parted == sum(node.blocks is not None for node in nodes)
    for node in nodes:
        assert node.taken == node.whole + sum(one.taken for one in node.children.values())
        assert not (node.whole and node.blocks is not None)
    assert not any(a.path == b.path for a, b in itertools.pairwise(state.choices.chosen()))


def test_the_decision_is_carried_out():
    picking = Picking(view())
    press(picking, "a")
    paths, contents = view().settle(picking.decision("keep"))
    assert len(paths) == 6
    assert contents == {}
    assert len(view().settle(picking.decision("drop"))) == 6
    assert view().settle(picking.decision("")) is None

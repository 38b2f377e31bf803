"""The state as lines: exact in every size, harmless whatever it holds, only what is on the screen is made."""

import pytest
from hull.ui import columns, text
from hull.ui.details import curve
from hull.ui.glyphs import ASCII, UTF8, of_terminal
from hull.ui.keys import page
from hull.ui.painting import paint
from hull.ui.panes import PANES, brief, status
from hull.ui.press import press
from hull.ui.state import State
from hull.ui.tree import Tree

from tests.ui.conftest import container, shown, text_of, used

SIZES = [(80, 24), (40, 10), (20, 4), (19, 3), (1, 1), (200, 60), (150, 14), (79, 13), (132, 43), (39, 24)]
HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202e漢字\t\x00"


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("tab", ["logs", "stats", "inspect", "processes"])
def test_every_size_is_filled_exactly(state, width, height, tab):
    state.log.feed(1, "漢字 \x1b[31mred\n".encode() * 50)
    state.tree = Tree({"a": {"漢": "字" * 100}})
    state.table = ["PID", *["漢字" * 50] * 9]
    state.tabs["containers"] = tab
    for change in ("", "help", "zoomed", "inside"):
        if change:
            setattr(state, change, True)
        frame = paint(state, width, height)
        assert len(frame.lines) == height
        assert {sum(text.width(part) for _, part in line) for line in frame.lines} == {width}


def test_what_is_seen(state):
    lines = shown(state)
    assert "1 Containers" in lines[0]
    assert "2/3 up 112% 8MB" in lines[0]
    assert lines[1].split()[:4] == ["NAME", "STATUS", "CPU", "MEM"]
    assert lines[2].split()[:5] == ["●", "web", "up", "3m", "12.5%"]
    assert "exit 3" in lines[4]
    assert "Logs  Stats  Inspect  Processes" in lines[5]
    assert "q quit" in lines[-1]


def test_the_chosen_row_is_marked(state):
    press(state, "j")
    line = paint(state, 80, 24).lines[3]
    assert all("class:chosen" in style for style, _ in line)
    assert not any("class:chosen" in style for style, _ in paint(state, 80, 24).lines[2])


@pytest.mark.parametrize("pane", PANES)
def test_empty_lists_say_what_to_do(pane):
    state = State()
    state.go(pane)
    assert "loading" in shown(state, 120)[2]
    state.rows[pane].put([])
    assert PANES[pane].empty[:30] in shown(state, 120)[2]
    state.here.narrow("x")
    assert "nothing matches 'x'" in shown(state)[2]


def test_hostile_words_are_harmless(state):
    state.put_containers([container(HOSTILE, image=HOSTILE, ports=HOSTILE, health=HOSTILE, command=HOSTILE)])
    state.log.feed(1, HOSTILE.encode())
    state.tree = Tree({HOSTILE: HOSTILE})
    state.table = [text.plain(HOSTILE)] * 3
    state.trouble = HOSTILE
    state.say(HOSTILE)
    state.here.filter = HOSTILE
    for tab in PANES["containers"].tabs:
        state.tabs["containers"] = tab
        for trouble in (HOSTILE, ""):
            state.trouble = trouble
            assert all(line.isprintable() for line in shown(state, 200))
    press(state, "K")
    assert all(line.isprintable() for line in shown(state, 200))


def test_ascii_terminals_get_ascii(state):
    state.glyphs = ASCII
    state.log.feed(1, "漢字 é\n".encode())
    assert "".join(shown(state)).isascii()
    press(state, "t")
    assert "".join(shown(state)).isascii()


@pytest.mark.parametrize(
    ("environ", "glyphs"),
    [
        ({"LANG": "C.UTF-8"}, UTF8), ({"LANG": "de_DE.utf8"}, UTF8), ({"LC_ALL": "C", "LANG": "C.UTF-8"}, ASCII),
        ({}, ASCII), ({"LANG": "de_DE@euro"}, ASCII), ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, UTF8),
        ({"LANG": "C.UTF-8", "TERM": "linux"}, ASCII), ({"LANG": "sr_RS.UTF-8@latin"}, UTF8),
    ],
)  # fmt: skip
def test_glyphs_of_a_terminal(environ, glyphs):
    assert of_terminal(environ) is glyphs


def test_a_small_terminal_shows_list_or_details(state):
    state.log.feed(1, b"written\n")
    assert not any("written" in line for line in shown(state, 40, 10))
    press(state, "enter")
    lines = shown(state, 40, 10)
    assert any("written" in line for line in lines)
    assert not any("STATUS" in line for line in lines)


def test_a_wide_terminal_shows_both_side_by_side(state):
    state.log.feed(1, b"written\n")
    assert any("web" in line and "Logs" not in line and "│" in line for line in shown(state, 160, 24))
    assert any("●" in line and "│" in line for line in shown(state, 160, 24))


def test_of_a_thousand_only_the_visible_are_made(state):
    state.put_containers([container(f"c{n}") for n in range(1000)])
    made = []
    pane = PANES["containers"]
    column = columns.Column("N", lambda row, _: made.append(row) or ("", row.names))
    try:
        PANES["containers"] = pane._replace(columns=(column,))
        press(state, "G")
        assert "c999" in "".join(shown(state))
    finally:
        PANES["containers"] = pane
    assert len(made) < 24


def test_the_mouse_finds_rows_lists_and_tabs(state):
    frame = paint(state, 80, 24)
    lines = text_of(frame)
    assert frame.at(lines[0].index("2 Images"), 0) == ("pane", "images")
    assert frame.at(10, 3) == ("row", "1")
    assert frame.at(lines[5].index("Stats"), 5) == ("tab", "stats")
    assert frame.at(10, 9) == ("details", "")
    assert frame.at(10, 23) == ("", "")
    wide = paint(state, 160, 24)
    place = text_of(wide)[1].index("Stats")
    assert wide.at(place, 1) == ("tab", "stats")


def test_a_long_failure_has_more_than_a_line(state):
    state.say("cannot do it: " + "because " * 12 + "\nask hull", "class:error")
    assert "ask hull" in "".join(shown(state)[-2:])


def test_help_lists_every_key(state):
    state.help = True
    seen = "".join(shown(state, 190, 50))
    assert all(what in seen for _, what in page())


def test_columns_leave_by_rank():
    kinds = [columns.Column(title, lambda *_: ("", ""), rank, 5) for title, rank in (("AAAAA", 0), ("B", 2), ("C", 1))]
    assert [c.title for c in columns.chosen(kinds, (5, 5, 5), 12).columns] == ["AAAAA", "C"]
    assert [c.title for c in columns.chosen(kinds, (5, 5, 0), 12).columns] == ["AAAAA", "B"]
    assert columns.chosen(kinds, (20, 5, 5), 30).widths == (16, 5, 5)
    assert [c.title for c in columns.chosen(kinds, (5, 5, 5), 3).columns] == ["AAAAA"]


def test_curves():
    assert curve([0, 50, 100], 5, 1, 100.0, UTF8) == ["   ▄█"]
    assert curve([0.1], 1, 1, 100.0, UTF8) == ["▁"]
    assert curve([100, 50], 2, 2, 100.0, UTF8) == ["█ ", "██"]
    assert curve([1, 0, 3], 2, 1, 3.0, ASCII) == [" #"]


def test_words_of_a_state():
    assert [brief(seconds) for seconds in (0, 59, 60, 7200, 86400 * 3)] == ["0s", "59s", "1m", "2h", "3d"]
    assert status(container("a", "exited", oom=True, exit_code=137))[1].startswith("exit oom")
    assert status(container("a", "paused"))[1] == "paused 3m"
    assert status(container("a", "created"))[1] == "created"


def test_stats_of_one_that_does_not_run(state):
    press(state, "G")
    press(state, "t")
    assert "does not run" in "".join(shown(state))
    press(state, "escape")
    press(state, "g")
    state.put_used([used("web", 50.0)])
    assert "50.0%" in "".join(shown(state))

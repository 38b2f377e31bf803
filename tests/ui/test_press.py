"""What keys do to the state, and what they ask of the world."""

import pytest
from hull.ui.press import press
from hull.ui.state import Request
from hull.ui.tree import Tree

from tests.ui.conftest import container


def typed(state, words):
    for char in words:
        press(state, char)


def chosen(state):
    return state.chosen()[2]


def test_moving(state):
    assert chosen(state) == "web"
    press(state, "j")
    press(state, "down")
    assert chosen(state) == "old"
    press(state, "down")
    assert chosen(state) == "old"
    press(state, "g")
    assert chosen(state) == "web"
    press(state, "k")
    assert chosen(state) == "web"


def test_verbs_are_asked_for_the_chosen_one(state):
    press(state, "j")
    assert press(state, "s") == Request("stop", "db-id", "db")
    assert press(state, "S") == Request("start", "db-id", "db")
    assert press(state, "e") == Request("exec", "db-id", "db")
    assert press(state, "p") == Request("pause", "db-id", "db")
    state.put_containers([container("db", "paused")])
    assert press(state, "p") == Request("unpause", "db-id", "db")


@pytest.mark.parametrize(("key", "verb"), [("K", "kill"), ("d", "rm -f")])
def test_what_cannot_be_undone_asks(state, key, verb):
    assert press(state, key) is None
    assert "web" in state.question.text
    assert press(state, "n") is None
    assert state.question is None
    press(state, key)
    assert press(state, "enter") is None
    press(state, key)
    assert press(state, "y") == Request(verb, "web-id", "web")


def test_one_that_has_ended_is_removed_without_force(state):
    press(state, "G")
    press(state, "d")
    assert press(state, "y") == Request("rm", "old-id", "old")


def test_nothing_is_asked_where_nothing_is(state):
    state.put_containers([])
    assert [press(state, key) for key in "sSrpKde"] == [None] * 7
    assert state.question is None


def test_the_filter_narrows_while_it_is_typed(state):
    press(state, "/")
    typed(state, "db")
    assert [row.names for row in state.here.shown] == ["db"]
    press(state, "enter")
    assert state.prompt is None
    assert chosen(state) == "db"
    press(state, "/")
    typed(state, "x")
    press(state, "escape")
    assert state.here.filter == "db"
    press(state, "escape")
    assert len(state.here.shown) == 3


def test_editing_the_line(state):
    press(state, "/")
    press(state, "paste:web one")
    press(state, "c-w")
    assert state.prompt.text == "web"
    press(state, "backspace")
    assert state.prompt.text == "we"
    press(state, "f5")
    press(state, "c-u")
    assert state.prompt.text == ""
    press(state, "backspace")
    assert state.prompt is None
    assert state.here.filter == ""


def test_letters_are_text_while_a_line_is_typed(state):
    press(state, "/")
    assert press(state, "q") is None
    assert press(state, "s") is None
    assert state.prompt.text == "qs"


def test_lists_and_tabs(state):
    press(state, "2")
    assert state.pane == "images"
    press(state, "tab")
    assert state.pane == "networks"
    press(state, "s-tab")
    press(state, "s-tab")
    assert state.pane == "containers"
    press(state, "right")
    assert (state.tab, state.inside) == ("stats", False)
    press(state, "left")
    press(state, "left")
    assert state.tab == "processes"
    press(state, "i")
    assert (state.tab, state.inside) == ("inspect", True)


def test_inside_keys_move_the_details(state):
    state.log.feed(1, b"\n".join(b"%d" % n for n in range(100)))
    press(state, "enter")
    press(state, "k")
    assert state.log.back == 1
    assert chosen(state) == "web"
    press(state, "enter")
    assert state.zoomed
    press(state, "escape")
    press(state, "escape")
    assert (state.zoomed, state.inside) == (False, False)


def test_searching_a_log_goes_to_the_newest_first(state):
    state.log.feed(1, b"hit 1\nother\nhit 2\nother\n")
    press(state, "l")
    press(state, "/")
    typed(state, "hit")
    press(state, "enter")
    assert state.log.back == 1
    press(state, "n")
    assert state.log.back == 3
    press(state, "n")
    assert state.log.back == 3
    assert "no more" in state.message.text
    press(state, "N")
    assert state.log.back == 1


def test_the_tree_is_folded_by_enter(state):
    state.tree = Tree({"a": {"b": 1}})
    press(state, "i")
    press(state, "enter")
    assert len(state.tree) == 2
    press(state, "J")
    assert state.tree.raw


def test_order_and_ended(state):
    press(state, "a")
    assert [row.names for row in state.here.shown] == ["web", "db"]
    press(state, "O")
    press(state, "O")
    assert state.order == "cpu"
    assert [row.names for row in state.here.shown] == ["db", "web"]


def test_help_and_quit(state):
    press(state, "?")
    press(state, "j")
    assert (state.help, state.help_top) == (True, 1)
    assert press(state, "q") is None
    assert not state.help
    assert press(state, "q") == Request("quit")
    assert press(state, "c-c") == Request("quit")
    assert press(state, "c-z") == Request("suspend")
    assert press(state, "f9") is None


def test_a_failure_stays_until_a_key(state):
    state.say("cannot stop", "class:error")
    state.say("start: done")
    assert state.spoken().text == "cannot stop"
    press(state, "j")
    assert not state.spoken()

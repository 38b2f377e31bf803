"""Every key of the table does something, and nothing twice."""

import pytest
from hull.ui import keys, press
from hull.ui.panes import PANES
from hull.ui.spoken_press import STEPS


@pytest.mark.parametrize("entry", keys.KEYS, ids=lambda entry: f"{entry.keys[0]}-{entry.action}")
def test_an_action_is_known(entry):
    known = {*STEPS, *PANES, *press.TABS, *press.VERBS, *press.CHANGES, "quit", "suspend", "redraw"}
    assert entry.action in known
    assert entry.help
    assert set(entry.panes) <= set(PANES)


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("pane", PANES)
def test_no_key_means_two_things(pane, inside):
    here = keys.INSIDE if inside else keys.LIST
    for where in ((here,), (keys.ANY,)):
        seen = [
            key
            for entry in keys.KEYS
            if entry.where in where and pane in (entry.panes or (pane,))
            for key in entry.keys
        ]
        assert len(seen) == len(set(seen))


def test_keys_of_containers_are_nothing_elsewhere():
    assert keys.find("s", "containers", inside=False) == "stop"
    assert keys.find("s", "images", inside=False) == ""
    assert keys.find("/", "images", inside=False) == "filter"
    assert keys.find("/", "images", inside=True) == "search"


def test_hints_are_of_the_place():
    assert ("s", "stop") in keys.hints("containers", inside=False)
    assert ("s", "stop") not in keys.hints("images", inside=False)
    assert keys.hints("volumes", inside=False)[-1] == ("q", "quit")


def test_names():
    assert [keys.name(key) for key in ("c-z", "f1", "pageup", "K", "?")] == ["Ctrl-Z", "F1", "PgUp", "K", "?"]
    assert ("Esc", "back; clear a filter") in keys.page()

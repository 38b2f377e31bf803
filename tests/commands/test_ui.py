"""`hull ui` says why where it cannot be; on a terminal it tells the front what to open."""

import os
import sys

import pytest
from hull.commands import ui
from hull.errors import HostError, UserError


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(os, "isatty", lambda _: True)
    monkeypatch.setenv("TERM", "xterm")


def test_without_a_terminal(cli):
    done = cli("ui")
    assert done.returncode == 125
    assert b"no terminal" in done.stderr
    assert b"%hull ps" in done.stderr


@pytest.mark.parametrize("term", ["dumb", "", "unknown"])
def test_a_terminal_that_cannot(terminal, monkeypatch, term):
    monkeypatch.setenv("TERM", term)
    with pytest.raises(UserError) as raised:
        ui.view(None, "")
    assert "TERM=" in raised.value.hint


def test_without_prompt_toolkit(terminal, monkeypatch):
    monkeypatch.setitem(sys.modules, "prompt_toolkit", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(HostError) as raised:
        ui.view(None, "")
    assert "pip install 'hull[ui]'" in raised.value.hint


def test_words_open_the_same_elsewhere(terminal):
    view = ui.view(None, "", "images", mouse=False)
    assert view.words[-3:] == ("ui", "--pane=images", "--mouse=false")
    assert ui.View("abc", tab="processes").words[-3:] == ("top", "-i", "abc")
    assert view.full_screen


def test_an_unknown_container_is_told_before_anything_is_drawn(cli):
    import pty

    leader, follower = pty.openpty()
    try:
        done = cli("ui", "nosuch", stdin=follower, stdout=follower, env=cli.env(TERM="xterm"))
    finally:
        os.close(follower)
        os.close(leader)
    assert done.returncode == 125
    assert b"no such container: nosuch" in done.stderr

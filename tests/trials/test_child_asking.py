"""The confined child is told all that is asked for, and its end is told."""

import os

import pytest
from hull.engine import Engine
from hull.errors import Bug, HostError
from hull.log import silent
from hull.paths import Paths
from hull.trials import child_asking
from hull.trials.walking import View, told

pytestmark = [pytest.mark.real, pytest.mark.needs("userns"), pytest.mark.single_id]


@pytest.fixture
def engine(tmp_path):
    made = Engine(Paths(*(str(tmp_path / name) for name in ("data", "run", "config"))), silent)
    yield made
    made.close()


def test_more_paths_than_an_argument_may_hold(engine, tmp_path):
    upper = tmp_path / "upper"
    upper.mkdir()
    (upper / "one").touch()
    (upper / "two").touch()
    only = (*(f"/{number:0100}" for number in range(2000)), "/one")
    found = list(child_asking.walk(engine, "single", View((os.fspath(upper),), only=only)))
    assert [(told.change.kind, told.change.path) for told in found] == [("added", "/one")]


def test_what_was_removed_meanwhile_is_no_fault_of_hulls(engine, tmp_path):
    view = View((f"{tmp_path}/gone",))
    with pytest.raises(HostError, match="gone: it was removed"):
        list(told(view))
    with pytest.raises(HostError, match="gone: it was removed"):
        list(child_asking.walk(engine, "single", view))


def ask(engine, action):
    with child_asking.Child(engine, "single", action, View(())) as child:
        assert not child.out.read()  # it has ended
        child.ask([""], "/etc/hosts", 1)
        child.take(8)


def test_a_child_that_is_gone_when_it_is_asked_tells_why(engine):
    with pytest.raises(Bug, match="KeyError"):
        ask(engine, "unknown")

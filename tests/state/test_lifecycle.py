"""The transition table: each word is known, each refusal names both states and what helps."""

import pytest
from hull.errors import UserError
from hull.model import Image, Spec
from hull.state import lifecycle
from hull.state.containers import Container
from hull.state.status import NOBODY

ROW = Container("a" * 64, "web", "", Spec("busybox"), Image("", "busybox", ()), NOBODY, 0.0, remove=False)
LEGAL = [(verb, state) for verb, move in lifecycle.MOVES.items() for state in move.before]
ILLEGAL = [
    (verb, state) for verb, move in lifecycle.MOVES.items() for state in lifecycle.STATES if state not in move.before
]


def test_the_table_knows_only_states() -> None:
    for move in lifecycle.MOVES.values():
        assert {*move.before, move.after} <= set(lifecycle.STATES)
    assert set(lifecycle.HELP) == set(lifecycle.STATES)


@pytest.mark.parametrize(("verb", "state"), LEGAL)
def test_a_legal_move_is_silent(verb: str, state: str) -> None:
    lifecycle.require(ROW, state, verb)


@pytest.mark.parametrize(("verb", "state"), ILLEGAL)
def test_an_illegal_move_names_both_states_and_what_helps(verb: str, state: str) -> None:
    with pytest.raises(UserError) as raised:
        lifecycle.require(ROW, state, verb)
    move = lifecycle.MOVES[verb]
    assert f"cannot {verb} web: it is {state}, and" in raised.value.message
    assert move.before[0] in raised.value.message
    assert move.after in raised.value.message
    assert raised.value.hint.startswith("hull ")


def test_the_verb_that_helps() -> None:
    found = {}
    for verb, state in [("pause", "exited"), ("attach", "paused"), ("rm", "running"), ("exec", "created")]:
        with pytest.raises(UserError) as raised:
            lifecycle.require(ROW, state, verb)
        found[verb] = raised.value.hint
    assert found["pause"] == "hull start web starts it again"
    assert found["attach"] == "hull unpause web continues it"
    assert found["rm"] == "hull stop web, or hull rm -f web"
    assert found["exec"] == "hull start web starts it"

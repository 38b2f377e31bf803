"""Waiting for a container's end."""

import asyncio
from types import SimpleNamespace

from hull.docker.ending import Ending


def ending(states, restart):
    """Return what waits for a container whose status is each of these in turn, and what was looked at."""
    left = list(states)

    def status(_row):
        state, alive = left.pop(0)
        found = {"state": state, "exit_code": 0, "up": state == "running", "active": alive}
        return SimpleNamespace(**found, monitor=SimpleNamespace(alive=alive))

    class Heard:
        async def next(self):
            return {"Action": "die", "Actor": {"Attributes": {"exitCode": "3"}}}

    row = SimpleNamespace(id="ab", spec=SimpleNamespace(restart=restart))
    engine = SimpleNamespace(containers=SimpleNamespace(status=status))
    return Ending(engine, row, "not-running", Heard()), left


def test_an_end_that_nobody_told_is_found_soon():
    waiting, left = ending([("running", True), ("exited", False)], "no")

    class Deaf:
        async def next(self):
            await asyncio.Event().wait()

    async def story():
        waiting._heard = Deaf()
        assert not await waiting.before(run)
        return await waiting.wait(run)

    waiting._engine.containers.find = lambda _ident: waiting._row
    assert asyncio.run(asyncio.wait_for(story(), 20)) == {"StatusCode": 0}
    assert left == []


async def run(function):
    return function()


def test_a_wait_ends_once_another_run_is_decided_on():
    waiting, left = ending([("exited", True), ("exited", True), ("restarting", True)], "always")
    assert asyncio.run(waiting.wait(run)) == {"StatusCode": 3}
    assert left == []


def test_a_wait_ends_with_a_monitor_that_decided_on_none():
    waiting, left = ending([("exited", True), ("exited", False)], "on-failure:2")
    assert asyncio.run(waiting.wait(run)) == {"StatusCode": 3}
    assert left == []


def test_what_never_runs_again_is_not_looked_at():
    waiting, left = ending([("exited", True)], "no")
    assert asyncio.run(waiting.wait(run)) == {"StatusCode": 3}
    assert len(left) == 1

"""Waiting for what becomes of a container, without a thread."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

from hull.docker.attaching import FAILED
from hull.docker.tail import Listener
from hull.engine import Engine
from hull.errors import Missing, UserError
from hull.state.containers import Container
from hull.state.status import Status

Run = Callable[[Callable[[], Any]], Awaitable[Any]]
CONDITIONS = ("not-running", "next-exit", "removed")
FIRST, LOOK = 0.25, 30.0  # seconds after which is looked at what should have been heard: soon, then ever later
SOON = 0.005  # seconds


class Ending:
    """Made while `heard` listens to the container, so that nothing is missed."""

    def __init__(self, engine: Engine, row: Container, condition: str, heard: Listener) -> None:
        if condition not in CONDITIONS:
            raise UserError(f'invalid condition: "{condition}"')
        self._engine = engine
        self._row = row
        self._condition = condition
        self._heard = heard
        self._code = 0
        self._ran = False

    async def before(self, run: Run) -> bool:
        """Whether there is nothing to wait for."""
        found: Status = await run(lambda: self._engine.containers.status(self._row))
        self._code = found.exit_code
        self._ran = found.up or found.state == "restarting" or (found.state == "created" and found.active)
        return self._condition == "not-running" and not self._ran

    async def wait(self, run: Run) -> dict[str, Any]:
        """Return Docker's document of the end, once it has come."""
        patience = FIRST  # an end that comes while the wait begins is told to nobody; so is one of a killed monitor
        while True:
            try:
                event = await asyncio.wait_for(self._heard.next(), patience)
            except TimeoutError:
                if await run(self._over):
                    return self.document()
                patience = min(2 * patience, LOOK)
                continue
            if event["Action"] == "die":
                self._code = int(event["Actor"]["Attributes"]["exitCode"])
            if event["Action"] == "destroy":
                await run(self._forget)
                return self.document()
            if event["Action"] == "die" and self._condition != "removed":
                await self._decided(run)
                return self.document()
            if event["Action"] == FAILED and self._condition != "removed":
                self._code = event["error"].exit_code
                return {**self.document(), "Error": {"Message": event["error"].message}}

    async def _decided(self, run: Run) -> None:
        """Let its monitor decide on another run, which it does at once: who waited may look next, or remove it."""
        while self._row.spec.restart != "no":
            found: Status = await run(lambda: self._engine.containers.status(self._row))
            if found.state != "exited" or not found.monitor.alive:
                return
            await asyncio.sleep(SOON)

    def _forget(self) -> None:
        """Let the name of what a monitor removed be free at once."""
        if not os.path.isdir(self._engine.paths.container(self._row.id)):
            self._engine.containers.forget(self._row.id)

    def document(self) -> dict[str, Any]:
        """Return the answer as far as it is known."""
        return {"StatusCode": self._code}

    def _over(self) -> bool:
        try:
            row = self._engine.containers.find(self._row.id)
        except Missing:
            return True
        found = self._engine.containers.status(row)
        if self._condition == "removed" or not self._ran or found.active or found.up:
            return False
        self._code = found.exit_code
        return True

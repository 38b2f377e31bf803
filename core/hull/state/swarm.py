"""The swarm that a store is in: one node, this one. What Docker's clients said of it, kept over the server's end."""

import time

from hull.light import Any, NamedTuple
from hull.state.db import Database, as_json


class Swarm(NamedTuple):
    """The row. `spec`, and `labels`, `name` and `availability` of the node, are as they were said; times are seconds.

    `version` and `node_version` are Docker's: who changes one of the two names the version that he read. `address` is
    what was to be advertised, HOST:PORT; nothing listens there. Overlay networks get their subnets of `pools`, where
    there are any, each with a prefix of `size`.
    """

    id: str
    node: str
    address: str
    spec: dict[str, Any]
    worker: str
    manager: str
    pools: tuple[str, ...] = ()
    size: int = 24
    port: int = 4789
    labels: dict[str, str] = {}  # noqa: RUF012 (frozen by use)
    name: str = ""
    availability: str = "active"
    version: int = 10
    node_version: int = 9
    created: float = 0.0
    updated: float = 0.0
    node_updated: float = 0.0

    @property
    def host(self) -> str:
        """The address alone."""
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def following(self) -> int:
        """The version of the next change."""
        return max(self.version, self.node_version) + 1


class SwarmRow:
    """The one row, or none."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def find(self) -> Swarm | None:
        """Return the swarm, None where the store is in none."""
        import json

        rows = self._db.rows("SELECT document FROM swarm")
        if not rows:
            return None
        data: dict[str, Any] = json.loads(str(rows[0][0]))
        return Swarm(**{**data, "pools": tuple(data["pools"])})

    def active(self) -> bool:
        """Whether there is one: nothing is read."""
        return bool(self._db.rows("SELECT 1 FROM swarm"))

    def put(self, swarm: Swarm) -> Swarm:
        """Keep it; one that is new gets its times."""
        now = time.time()
        made = swarm if swarm.created else swarm._replace(created=now, updated=now, node_updated=now)
        text, bound = as_json(made._asdict())
        self._db.write(f"INSERT OR REPLACE INTO swarm (one, document) VALUES (1, {text})", *bound)  # noqa: S608 (bound)
        return made

    def remove(self) -> None:
        """Forget it."""
        self._db.write("DELETE FROM swarm")

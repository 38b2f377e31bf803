"""The named networks: a row each, and a row for each container that was given an address on one."""

import os
import sqlite3
import time

from hull.errors import Conflict, Missing, UserError
from hull.light import Any, NamedTuple
from hull.model import from_json
from hull.state.db import Database, as_json
from hull.state.processes import Process
from hull.state.status import NOBODY


class NoSuchNetwork(Missing):
    """Nothing has the name, or an id that begins so."""


class Subnet(NamedTuple):
    """One range of addresses of a network. `ip_range`, where it is not "", is the part that hull chooses from.

    `reserved` are NAME=ADDRESS words: addresses that no container gets.
    """

    subnet: str
    gateway: str
    ip_range: str = ""
    reserved: tuple[str, ...] = ()

    @property
    def v6(self) -> bool:
        """Whether it is IPv6."""
        return ":" in self.subnet


class Network(NamedTuple):
    """One row. Labels and options are KEY=VALUE words; an `internal` network has no way out.

    `scope` is local, or swarm for one that goes with the store's swarm: to such a one containers come only where it is
    `attachable`. `driver` is bridge or overlay, which are made alike; `ingress` is Docker's word for one of a swarm.
    """

    id: str
    name: str
    subnets: tuple[Subnet, ...]
    internal: bool = False
    labels: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    created: float = 0.0
    attachable: bool = False
    driver: str = "bridge"
    scope: str = "local"
    ingress: bool = False

    @property
    def open(self) -> bool:
        """Whether a container may come to it."""
        return self.attachable or self.scope == "local"

    @property
    def v6(self) -> bool:
        """Whether it has IPv6 addresses."""
        return any(subnet.v6 for subnet in self.subnets)

    @property
    def mtu(self) -> int:
        """The largest packet, 0 where nobody said."""
        options = dict(word.partition("=")[::2] for word in self.options)
        return int(options.get("mtu") or options.get("com.docker.network.driver.mtu") or 0)


class Place(NamedTuple):
    """What a container was given on a network. Addresses are "" where the network has none of the family.

    `inode` is the network's namespace, `descriptor` where its holders have it open: who stands beside the container,
    and `holder`, who gave the place at the time `since`, or the process that keeps it for one that runs.
    """

    network: str
    container: str
    interface: str
    address: str
    address6: str
    mac: str
    inode: int = 0
    descriptor: int = -1
    since: float = 0.0
    holder: Process = NOBODY


class NetworkRows:
    """The rows of one user's networks."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, network: Network) -> Network:
        """Record a new network; UserError where somebody has the name."""
        made = network._replace(id=os.urandom(32).hex(), created=time.time())
        settings = {
            "subnets": [subnet._asdict() for subnet in made.subnets],
            "internal": made.internal,
            "labels": list(made.labels),
            "options": list(made.options),
            "attachable": made.attachable,
            "driver": made.driver,
            "scope": made.scope,
            "ingress": made.ingress,
        }
        text, bound = as_json(settings)
        try:
            self._db.write(
                f"INSERT INTO networks (id, name, settings, created) VALUES (?, ?, {text}, ?)",  # noqa: S608 (bound)
                *(made.id, made.name, *bound, made.created),
            )
        except sqlite3.IntegrityError:
            raise Conflict(
                f"cannot create the network {made.name}: a network of that name is there",
                f"hull network rm {made.name}, or choose another name",
            ) from None
        return made

    def all(self) -> list[Network]:
        """Return every network, by name."""
        return [_network(row) for row in self._db.rows(f"SELECT {COLUMNS} FROM networks ORDER BY name")]  # noqa: S608

    def find(self, word: str) -> Network:
        """Return the network that has the id, the name, or alone an id that begins so: the first of the three."""
        ways = ["id = ?", "name = ?"] + (["id GLOB ? || '*'"] if word and not word.strip("0123456789abcdef") else [])
        rows = (self._db.rows(f"SELECT {COLUMNS} FROM networks WHERE {way}", word) for way in ways)  # noqa: S608 (ours)
        found = next((some for some in rows if some), [])
        if len(found) > 1:
            raise UserError(f"cannot choose: {word} begins {len(found)} network ids", "give more digits")
        if not found:
            raise NoSuchNetwork(f"no such network: {word}", f"hull network ls lists them; hull network create {word}")
        return _network(found[0])

    def remove(self, network: Network) -> None:
        """Drop a network's row, and whoever was on it."""
        with self._db.transaction():
            self._db.write("DELETE FROM endpoints WHERE network = ?", network.id)
            self._db.write("DELETE FROM networks WHERE id = ?", network.id)

    def places(self, network: str = "") -> list[Place]:
        """Return who was given what on a network, on all of them where none is named, in the order of joining."""
        where, values = ("WHERE network = ?", (network,)) if network else ("", ())
        return [_place(row) for row in self._db.rows(f"SELECT {PLACE} FROM endpoints {where} ORDER BY rowid", *values)]  # noqa: S608

    def put(self, place: Place) -> None:
        """Record what a container was given."""
        space = f"{place.inode} {place.descriptor} {place.since:.6f}"
        values = (place.network, place.container, place.interface, place.address, place.address6, place.mac)
        self._db.write(
            f"INSERT OR REPLACE INTO endpoints ({PLACE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 (a constant)
            *(*values, space, str(place.holder)),
        )

    def tidy(self) -> None:
        """Forget what was given to containers that are no more."""
        self._db.write("DELETE FROM endpoints WHERE container NOT IN (SELECT id FROM containers)")

    def drop(self, network: str, container: str) -> None:
        """Forget what a container was given."""
        self._db.write("DELETE FROM endpoints WHERE network = ? AND container = ?", network, container)


COLUMNS = "id, name, settings, created"
PLACE = "network, container, interface, address, address6, mac, space, holder"


def _network(row: tuple[object, ...]) -> Network:
    import json

    ident, name, settings, created = row
    data: dict[str, Any] = json.loads(str(settings))
    return Network(
        str(ident),
        str(name),
        tuple(Subnet(**from_json(subnet)) for subnet in data["subnets"]),
        bool(data["internal"]),
        tuple(data["labels"]),
        tuple(data["options"]),
        float(str(created)),
        bool(data.get("attachable")),
        data.get("driver", "bridge"),
        data.get("scope", "local"),
        bool(data.get("ingress")),
    )


def _place(row: tuple[object, ...]) -> Place:
    network, container, interface, address, address6, mac, space, holder = map(str, row)
    inode, descriptor, since = space.split(" ")
    number, when, who = int(inode), float(since), Process.parse(holder)
    return Place(network, container, interface, address, address6, mac, number, int(descriptor), when, who)

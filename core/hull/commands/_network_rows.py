"""Networks as `network ls` shows them, and those that always are. Source of the words: Docker's network reference."""

from collections.abc import Callable

from hull.commands import _asked, _places
from hull.commands._places import Member
from hull.engine import Engine
from hull.light import Any, NamedTuple
from hull.state.networks import Network

Many = tuple[str, ...]
SHORT = 12
BUILT_IN = {"default": "bridge", "host": "host", "none": "null"}
FILTERS = ("name", "id", "driver", "scope", "label", "type", "dangling")
HEADINGS = {
    "ID": "NETWORK ID", "Name": "NAME", "Driver": "DRIVER", "Scope": "SCOPE", "IPv4": "IPV4", "IPv6": "IPV6",
    "Internal": "INTERNAL", "Labels": "LABELS", "CreatedAt": "CREATED AT",
}  # fmt: skip


class NetworkRow(NamedTuple):
    """One network; `created` in seconds since the epoch, 0 for one that always was."""

    id: str
    name: str
    driver: str
    scope: str
    internal: bool
    ipv4: bool
    ipv6: bool
    labels: dict[str, str]
    created: float

    def placeholders(self) -> dict[str, Any]:
        """Return what a template sees."""
        from hull.units import moment

        return {
            "ID": self.id,
            "Name": self.name,
            "Driver": self.driver,
            "Scope": self.scope,
            "IPv4": str(self.ipv4).lower(),
            "IPv6": str(self.ipv6).lower(),
            "Internal": str(self.internal).lower(),
            "Labels": ",".join(f"{key}={value}" for key, value in self.labels.items()),
            "Label": lambda key: self.labels.get(key, ""),
            "CreatedAt": moment(self.created),
        }

    @staticmethod
    def headings() -> dict[str, Any]:
        """Return the columns of the placeholders."""
        return {**HEADINGS, "Label": lambda key: key.upper()}

    @staticmethod
    def layout(_rows: "list[NetworkRow]") -> Many:
        """Return the columns of the table."""
        return ("ID", "Name", "Driver", "Scope")


def rows(engine: Engine, words: Many, *, whole: bool) -> list[NetworkRow]:
    """Return the networks that the filters let through, the built-in ones with them."""
    asked = _asked.words(words, FILTERS)
    used = {place.network for member in members(engine) for place in member.places} if "dangling" in asked else set()
    found = [row_of(network) for network in _places.rows(engine).all()]
    found += [built_in(name) for name in BUILT_IN]
    chosen = [row for row in sorted(found, key=lambda row: row.name) if _shown(row, asked, used)]
    return chosen if whole else [row._replace(id=row.id[:SHORT]) for row in chosen]


def members(engine: Engine) -> list[Member]:
    """Return who is on a named network now."""
    with _places.alone(engine):
        return _places.living(engine)


def _shown(row: NetworkRow, asked: dict[str, list[str]], used: set[str]) -> bool:
    tests: dict[str, Callable[[str], bool]] = {
        "name": lambda value: value in row.name,
        "id": row.id.startswith,
        "driver": lambda value: row.driver == value,
        "scope": lambda value: row.scope == value,
        "label": lambda value: _asked.labelled(row.labels, value),
        "type": lambda value: value == ("custom" if row.created else "builtin"),
        "dangling": lambda value: bool(row.created) and (row.id not in used) is (value in ("true", "1")),
    }
    return all(_asked.decide(key)(tests[key](value) for value in values) for key, values in asked.items())


def row_of(network: Network) -> NetworkRow:
    """Return the row of a network of the user's."""
    v4 = any(not subnet.v6 for subnet in network.subnets)
    kind = (network.driver, network.scope)
    return NetworkRow(
        network.id, network.name, *kind, network.internal, v4, network.v6, labels(network), network.created
    )


def built_in(name: str) -> NetworkRow:
    """Return the row of one that always is; its id is the same everywhere."""
    import hashlib

    ident = hashlib.sha256(f"hull network {name}".encode()).hexdigest()
    return NetworkRow(ident, name, BUILT_IN[name], "local", False, name == "default", False, {}, 0.0)


def predefined(word: str) -> str:
    """Return the name of one that always is by that, Docker's name or the beginning of its id; "" for any other."""
    if word in BUILT_IN or word == "bridge":
        return "default" if word == "bridge" else word
    found = [name for name in BUILT_IN if len(word) >= SHORT and built_in(name).id.startswith(word)]
    return found[0] if found else ""


def labels(network: Network) -> dict[str, str]:
    """Return a network's labels."""
    return {key: value for key, _, value in (word.partition("=") for word in network.labels)}

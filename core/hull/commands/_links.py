"""What a link to another container brings into one that is on no network of its own: variables, as Docker's --link.

On networks that are one's own a link is a name: hull.commands._linking.
"""

from collections.abc import Iterator

from hull.commands import _details_config, _listing
from hull.engine import Engine
from hull.errors import Conflict
from hull.state.containers import Container

LEFT_OUT = ("HOME", "PATH")  # variables that are the other program's alone


def variables(engine: Engine, row: Container) -> tuple[str, ...]:
    """Return the variables of every link; what is linked must run."""
    return tuple(word for link in row.spec.links for word in _of(engine, row, link))


def _of(engine: Engine, row: Container, link: str) -> Iterator[str]:
    name, _, alias = link.partition(":")
    other = engine.containers.find(name)
    if not engine.containers.status(other).up:
        raise Conflict(f"cannot link to a non running container: /{other.name} AS /{row.name}/{alias}")
    prefix = alias.upper().replace("-", "_")
    yield f"{prefix}_NAME=/{row.name}/{alias}"
    for word in _listing.exposed(other):
        number, _, protocol = word.partition("/")
        yield f"{prefix}_PORT_{number}_{protocol.upper()}_PORT={number}"
        yield f"{prefix}_PORT_{number}_{protocol.upper()}_PROTO={protocol}"
    for assignment in _details_config.environment(other):
        key, equals, value = assignment.partition("=")
        if equals and key not in LEFT_OUT:
            yield f"{prefix}_ENV_{key}={value}"

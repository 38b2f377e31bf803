"""Links on the usual network, as Docker tells them: names NAME/ALIAS of what is linked. Rows keep ids: names change."""

from collections.abc import Iterable

from hull.engine import Engine
from hull.errors import Missing, UserError
from hull.model import Spec
from hull.state.containers import Container


def by_id(engine: Engine, spec: Spec) -> Spec:
    """Return a new container's spec with the ids of what it links to and takes volumes from looked up."""
    for word in spec.volumes_from:
        try:
            engine.containers.find(word.partition(":")[0])
        except Missing as error:
            raise UserError(error.message[:1].upper() + error.message[1:]) from None
    return spec._replace(links=tuple(_by_id(engine, link) for link in spec.links))


def _by_id(engine: Engine, link: str) -> str:
    name, _, alias = link.partition(":")
    try:
        return f"{engine.containers.find(name).id}:{alias}"
    except Missing:
        raise UserError(f"could not get container for {name}") from None


def linked(engine: Engine, word: str) -> tuple[Container, Container]:
    """Return who links and what is linked, by NAME/ALIAS."""
    name, _, alias = word.removeprefix("/").partition("/")
    row = engine.containers.find(name)
    for link in row.spec.links:
        ident, _, called = link.partition(":")
        if called == alias:
            return row, engine.containers.find(ident)
    raise Missing(f"no such container: {word}")


def find(engine: Engine, word: str) -> Container:
    """Return a container by its name or id, or by the name that a link gives it."""
    return linked(engine, word)[1] if "/" in word.removeprefix("/") else engine.containers.find(word)


def told(engine: Engine, row: Container) -> list[str] | None:
    """Return HostConfig.Links: /OTHER:/NAME/ALIAS."""
    found = []
    for link in row.spec.links:
        ident, _, alias = link.partition(":")
        try:
            found.append(f"/{engine.containers.find(ident).name}:/{row.name}/{alias}")
        except Missing:
            continue
    return found or None


def names(rows: Iterable[Container]) -> dict[str, list[str]]:
    """Return the further names that links give containers, by their ids."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for link in row.spec.links:
            ident, _, alias = link.partition(":")
            found.setdefault(ident, []).append(f"/{row.name}/{alias}")
    return found

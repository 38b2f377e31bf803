"""hull rename: give a container another name."""

import sqlite3

from hull.commands import _places
from hull.commands._verb import Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated
from hull.state import lifecycle
from hull.state.containers import NameInUse


def rename(
    engine: Engine,
    container: Annotated[str, Word("name or id", complete="container")],
    name: Annotated[str, Word("its new name", "NEW_NAME")],
) -> None:
    """Rename a container."""
    from hull.commands._flags import container_name

    row = engine.containers.find(container)
    lifecycle.require(row, engine.containers.status(row).state, "rename")
    new = container_name(name.removeprefix("/"))
    if not new or new == row.name:
        raise UserError(f"cannot rename {row.name}: {'that is its name' if new else 'no name given'}", "give another")
    try:
        engine.containers.rename(row, new)
    except sqlite3.IntegrityError:
        owner = engine.containers.find(new)
        raise NameInUse(
            f"cannot rename {row.name} to {new}: the name is in use by container {owner.id[:12]}",
            f"hull rm {new}, or choose another name",
            owner.id,
        ) from None
    _places.refresh(engine)
    attributes = {"name": new, "oldName": row.name, "image": row.spec.image}
    engine.history.add("container", "rename", row.id, attributes)

"""hull branch: a new container that goes on from a state of another one."""

from hull.commands._verb import Word
from hull.engine import Engine
from hull.light import Annotated


def branch(
    engine: Engine,
    state: Annotated[str, Word("name or id, or NAME@N: how it was at checkpoint N", complete="state")],
    name: Annotated[str, Word("what to call the new one", "NEW_NAME")],
) -> list[str]:
    """Make a container or a try that begins as another one is or was; nothing is copied. Prints its id."""
    from hull.commands import _branching
    from hull.commands._flags import container_name
    from hull.trials import history

    row = engine.containers.find(history.spelt(state)[0])
    spec = _branching.alike(row.spec, container_name(name.removeprefix("/")))
    return [_branching.make(engine, state, spec).id]

"""hull inspect: everything about a container or an image."""

from hull.commands import _details
from hull.commands._several import each
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import Missing, UserError
from hull.light import Annotated, Any

Many = tuple[str, ...]


def inspect(
    engine: Engine,
    names: Annotated[Many, Word("containers or images", complete="any")],
    *,
    size: Annotated[bool, Flag("add SizeRw and SizeRootFs to a container's", "s")] = False,
    type: Annotated[str, Flag("what is meant, where a name is both", choices=("container", "image"))] = "",
) -> list[dict[str, Any]]:
    """Print everything about containers and images, as JSON."""
    return each(names, lambda name: _found(engine, name, type, sized=size))


def _found(engine: Engine, name: str, kind: str, *, sized: bool) -> dict[str, Any]:
    if kind != "image":
        try:
            return _details.container(engine, engine.containers.find(name), sized=sized)
        except UserError:
            if kind == "container":
                raise
    try:
        return engine.images.image_details(name)
    except UserError:
        raise Missing(f"no such container or image: {name}", "hull ps -a and hull images list them") from None

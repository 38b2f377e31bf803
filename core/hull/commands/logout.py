"""`hull logout`."""

from hull.commands._verb import Flag, Word
from hull.commands.login import AUTHFILE, environment
from hull.engine import Engine
from hull.light import Annotated


def logout(
    _engine: Engine,
    registry: Annotated[str, Word("HOST[:PORT]; Docker Hub if none is said", "REGISTRY")] = "",
    *,
    all: Annotated[bool, Flag("forget every registry", short="a")] = False,
    authfile: Annotated[str, AUTHFILE] = "",
) -> list[str]:
    """Forget the credentials of a registry, in files and in credential helpers."""
    from hull.images import keeping, login

    environ = environment(authfile)
    names = keeping.registries(environ) if all else [login.name(registry)]
    lines = []
    for name in names:
        gone = keeping.forget(name, environ)
        lines.append(f"Removing login credentials for {name}" if gone else f"Not logged in to {name}")
    return lines

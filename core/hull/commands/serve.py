"""hull serve: Docker's API over the verbs, for as long as somebody asks."""

from hull.commands._verb import Flag
from hull.engine import Engine
from hull.light import Annotated, NamedTuple


class Served(NamedTuple):
    """What a front is to serve: a path, and after how many idle seconds it ends (0: never)."""

    engine: Engine
    path: str
    idle: float

    @property
    def served(self) -> str:
        """A front knows it by that."""
        return self.path


def serve(
    engine: Engine,
    *,
    host: Annotated[str, Flag("listen at this socket", "H", "unix://PATH")] = "",
    idle: Annotated[str, Flag("end after so long without a request; 0: never", metavar="SPAN")] = "60s",
) -> Served:
    """Answer Docker's API on a unix socket of your own, until nobody asks any more."""
    from hull.units import read_span

    path = host.removeprefix("unix://") or f"{engine.paths.runtime}/docker.sock"
    return Served(engine, path, read_span(idle))

"""hull healthcheck: ask a container for its health now."""

from hull.commands._verb import Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated, NamedTuple
from hull.runtime import control, detached
from hull.state import lifecycle


class Verdict(NamedTuple):
    """What one check said; as text its output. `code` is the check's own, -1 where it took too long."""

    code: int
    output: str

    @property
    def healthy(self) -> bool:
        """Whether it succeeded."""
        return self.code == 0

    @property
    def exit_code(self) -> int:
        """Return 0 for healthy, 1 for unhealthy."""
        return int(not self.healthy)

    def __str__(self) -> str:
        return self.output


def healthcheck(
    engine: Engine,
    action: Annotated[str, Word("what to do", choices=("run",))],  # noqa: ARG001 (Docker's word, there is one)
    container: Annotated[str, Word("name or id of a running container", complete="container")],
) -> Verdict:
    """Run a container's health check now and print its output; exit 1 where it is unhealthy.

    The check counts as those that its monitor makes: `hull ps` and `hull inspect` tell what follows from it.
    """
    row = engine.containers.find(container)
    status = engine.containers.status(row)
    if detached.health(row.spec, row.config) is None:
        raise UserError(
            f"cannot check the health of {row.name}: it has no health check",
            "give one where it is made: hull run -d --health-cmd COMMAND …, or HEALTHCHECK in its image",
        )
    lifecycle.require(row, status.state, "healthcheck run")
    if not status.monitor.pid:
        raise UserError(
            f"cannot check the health of {row.name}: it runs in the foreground, and has no monitor to do it",
            f"hull stop {row.name}, then hull start {row.name}; or start it with hull run -d",
        )
    monitor = control.connect(engine.paths.container(row.id))
    if monitor is None:
        raise UserError(f"cannot check the health of {row.name}: it has just ended", f"hull start {row.name}")
    found = monitor.health()
    return Verdict(int(found["code"]), str(found["output"]))

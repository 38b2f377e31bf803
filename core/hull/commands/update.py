"""hull update: change the limits and the restart policy of containers, of running ones too."""

from hull.commands import _life, _limits
from hull.commands._several import each
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import HostError, UserError
from hull.light import TYPE_CHECKING, Annotated
from hull.model import Limits

if TYPE_CHECKING:
    from hull.state.containers import Container
    from hull.state.status import Status

Many = tuple[str, ...]


def update(
    engine: Engine,
    containers: Annotated[Many, Word("names or ids", complete="container")],
    *,
    memory: Annotated[str | None, Flag("limit memory", "m", "SIZE")] = None,
    memory_swap: Annotated[str | None, Flag("limit memory and swap together; -1 is unlimited", metavar="SIZE")] = None,
    memory_reservation: Annotated[str | None, Flag("protect this much memory from reclaim", metavar="SIZE")] = None,
    cpus: Annotated[float | None, Flag("limit processor time, in cores", metavar="N")] = None,
    cpu_shares: Annotated[int | None, Flag("relative weight of processor time, 1024 is usual", "c", "N")] = None,
    cpuset_cpus: Annotated[str | None, Flag("run on these processors", metavar="LIST")] = None,
    pids_limit: Annotated[int | None, Flag("limit the number of processes; -1 is unlimited", metavar="N")] = None,
    blkio_weight: Annotated[int | None, Flag("relative weight of disk time, 10 to 1000", metavar="N")] = None,
    restart: Annotated[str | None, Flag("no, on-failure[:N], always or unless-stopped", metavar="POLICY")] = None,
) -> list[str]:
    """Change limits and restart policy of containers."""
    asked = _limits.read(
        memory=memory,
        memory_swap=memory_swap,
        memory_reservation=memory_reservation,
        cpus=cpus,
        cpu_shares=cpu_shares,
        cpuset_cpus=cpuset_cpus,
        pids_limit=pids_limit,
        blkio_weight=blkio_weight,
    )
    if not asked.asked and restart is None:
        raise UserError("cannot update: nothing to change was given", "hull update --help lists the flags")
    return each(containers, lambda word: changed(engine, word, asked, restart))


def changed(engine: Engine, word: str, asked: Limits, restart: str | None) -> str:
    """Change one container; None leaves its restart policy."""
    from hull.runtime import controls
    from hull.runtime.detached import attributes
    from hull.state import lifecycle

    row = engine.containers.find(word)
    status = engine.containers.status(row)
    lifecycle.require(row, status.state, "update")
    limits, policy = _limits.merge(row.spec.limits, asked), row.spec.restart
    controls.settings(limits)  # what cannot be is refused for a stopped one, too
    if restart is not None:
        policy = _life.restart(restart, remove=row.remove)
    if asked.asked and status.up:
        _in_force(row, status, limits)
    if restart is not None:
        _tell_monitor(engine.paths.container(row.id), policy)
    with engine.containers.lock(row):  # what others change of it meanwhile would be lost
        now = engine.containers.find(row.id)
        engine.containers.respecify(now, now.spec._replace(limits=limits, restart=policy))
    engine.history.add("container", "update", row.id, attributes(row.spec, row.name))
    return word


def _in_force(row: "Container", status: "Status", limits: Limits) -> None:
    """Put the limits in force in the running container's own control group."""
    from hull.runtime import cgroups, membership

    group = membership.own_group(status.init.pid, row.id)
    if not group:
        raise HostError(
            f"cannot limit {row.name} while it runs: it was started without a limit, in no control group of its own",
            f"hull stop {row.name}, hull update it, then hull start {row.name}: limits are put in force at a start",
        )
    cgroups.change(group, row.spec.limits, limits)


def _tell_monitor(directory: str, policy: str) -> None:
    from hull.runtime import control

    monitor = control.connect(directory)
    if monitor is not None:
        word, _, most = policy.partition(":")
        monitor.update(word, int(most or 0))

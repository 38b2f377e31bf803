"""A container's life cycle: which verb takes it from which states to which, in one table."""

from hull.errors import Conflict
from hull.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hull.state.containers import Container

STATES = ("created", "running", "paused", "restarting", "stopping", "exited", "dead", "removing")
HERE = tuple(state for state in STATES if state not in ("dead", "removing"))


class Move(NamedTuple):
    """What a verb does to a container: `before` are the states it starts from, `after` the state it leads to."""

    before: tuple[str, ...]
    after: str


MOVES: dict[str, Move] = {
    "start": Move(("created", "exited"), "running"),
    "restart": Move(HERE, "running"),
    "stop": Move(HERE, "exited"),
    "kill": Move(("running", "paused", "restarting", "stopping"), "exited"),
    "pause": Move(("running",), "paused"),
    "unpause": Move(("paused",), "running"),
    "attach": Move(("running", "stopping"), "running"),
    "exec": Move(("running", "stopping"), "running"),
    "healthcheck run": Move(("running",), "running"),
    "top": Move(("running", "paused", "stopping"), "running"),
    "update": Move(HERE, "running"),
    "rename": Move(HERE, "running"),
    "commit": Move(HERE, "running"),
    "wait": Move(STATES, "exited"),
    "rm": Move(("created", "exited", "dead"), "removing"),
    "rm -f": Move(STATES, "removing"),
}
HELP: dict[str, str] = {
    "created": "hull start {0} starts it",
    "running": "hull stop {0} stops it",
    "paused": "hull unpause {0} continues it",
    "restarting": "hull stop {0} ends the restarts, hull wait {0} waits for the end",
    "stopping": "hull wait {0} waits for the end",
    "exited": "hull start {0} starts it again",
    "dead": "hull rm {0} removes what is left of it",
    "removing": "hull ps -a shows when it is gone",
}


def require(row: "Container", state: str, verb: str) -> None:
    """Refuse a verb that the container's state does not allow; the error names both states and the verb that helps."""
    move = MOVES[verb]
    if state in move.before:
        return
    kinds = " or ".join(filter(None, (", ".join(move.before[:-1]), move.before[-1])))
    article = "an" if kinds[0] in "aeiou" else "a"
    to = "" if move.after in move.before else f", to become {move.after}"
    help_ = HELP.get(state, "hull ps -a lists them").format(row.name)
    if verb == "rm" and state in ("running", "paused", "restarting", "stopping"):
        help_ = f"hull stop {row.name}, or hull rm -f {row.name}"
    if verb == "unpause" and state == "running":
        help_ = f"hull pause {row.name} would hold it; it runs as it is"
    raise Conflict(f"cannot {verb} {row.name}: it is {state}, and {verb} takes {article} {kinds} container{to}", help_)

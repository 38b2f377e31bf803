"""One stage: its base, then its instructions one by one."""

from collections.abc import Iterator
from contextlib import contextmanager

from hull.builder import copying, running, settings
from hull.builder.console import Tale
from hull.builder.displays import CACHED, FAILED, STOPPED
from hull.builder.state import State
from hull.builder.workshop import Layer
from hull.dockerfile import model, parser, scope
from hull.dockerfile.expanding import expand
from hull.dockerfile.graph import Graph, Planned
from hull.dockerfile.place import Place
from hull.errors import HullError, UserError
from hull.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hull.builder.building import Build


class Stopped(UserError):  # noqa: N818 (what it is)
    """Another stage failed, and this one ended."""


@contextmanager
def _told(tale: Tale, at: Place) -> Iterator[None]:
    """Tell of a step that fails, and let its error point at its line."""
    try:
        yield
    except HullError as error:
        tale.done(STOPPED if isinstance(error, Stopped) else FAILED, error.message)
        if isinstance(error, Stopped) or hasattr(error, "line"):
            raise
        raise at.error(error.message, error.hint) from error


class Stage:
    """One stage on its way."""

    def __init__(self, build: "Build", planned: Planned, graph: Graph, escape: str, known: dict[str, str]) -> None:
        self._build, self._planned, self._graph, self._escape, self._known = build, planned, graph, escape, known
        self.number = planned.stage.number

    def run(self) -> State:
        """Carry out the stage's instructions."""
        label = self._planned.stage.name or f"stage-{self.number}"
        tale = self._build.tale(label, 1 + len(self._planned.stage.instructions))
        tale.begin(self._planned.stage.origin.at)
        with _told(tale, self._planned.stage.origin.at):
            state = self._base()
            state.fresh = self._build.fresh(self._planned.stage)
            tale.done()
        triggers = [parser.trigger(text) for text in state.run.pop("OnBuild", None) or []]
        tale.count += len(triggers)
        for instruction in (*triggers, *self._planned.stage.instructions):
            tale.begin(instruction.at)
            with _told(tale, instruction.at):
                if self._build.shop.stopped.is_set():
                    raise Stopped("another stage failed")
                tale.done(CACHED if self._one(state, instruction, tale) else "")
        return state

    def _base(self) -> State:
        planned = self._planned
        if planned.base is not None:
            base = self._build.wait(planned.base)
            state = State(base.config(), list(base.layers), base.epoch)
            state.base = base.base
            return state
        return self._build.begins(planned.image, planned.platform)

    def _one(self, state: State, instruction: Any, tale: Tale) -> bool:
        """Carry out one instruction; return whether the cache had its layer."""
        if isinstance(instruction, model.Arg):
            for name, value in scope.declare(
                instruction, self._build.given, self._known, state.variables, self._escape
            ):
                if value is not None:
                    state.arguments[name] = value
                state.note(f"ARG {name}" if value is None else f"ARG {name}={value}")
            return False
        asked = expand(instruction, state.variables, self._escape)
        if isinstance(asked, model.Run):
            text, (layer, cached) = running.described(state, asked), self._run(state, asked, tale)
        elif isinstance(asked, model.Copy):
            text, (layer, cached) = copying.described(asked), self._copy(state, asked)
        elif isinstance(asked, model.Workdir):
            layer, cached = copying.workdir(self._build.shop, state, asked)
            text = f"WORKDIR {state.workdir}"
        else:
            settings.apply(state, asked)
            return False
        state.note(text, layer)
        return cached

    def _run(self, state: State, asked: model.Run, tale: Tale) -> tuple[Layer, bool]:
        ways, manner = self._build.ways(self._graph), self._build.manner
        for mount in asked.mounts:
            if mount.origin:
                self._build.origin(mount.origin, self._graph)  # waits, before a turn is taken
        with self._build.turns:
            return running.run(self._build.shop, state, asked, ways, manner, tale)

    def _copy(self, state: State, asked: model.Copy) -> tuple[Layer, bool]:
        origin = self._build.origin(asked.origin, self._graph)
        with self._build.turns:
            return copying.copy(self._build.shop, state, asked, origin)

"""One stage: its base, then its instructions one by one."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from hull.builder import copying, keys, running, settings
from hull.builder.console import Tale, title
from hull.builder.displays import CACHED, FAILED, STOPPED
from hull.builder.state import State, encode
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
        tale = self._build.tale(title(self._planned.stage), 1 + len(self._planned.stage.instructions))
        try:
            return self._instructions(tale)
        finally:
            tale.close()

    def _instructions(self, tale: Tale) -> State:
        tale.begin(self._planned.stage.origin.at)
        with _told(tale, self._planned.stage.origin.at):
            state = self._base()
            state.fresh = self._build.fresh(self._planned.stage)
            tale.done(ident=state.ident)
        triggers = [parser.trigger(text) for text in state.run.pop("OnBuild", None) or []]
        tale.count += len(triggers)
        for instruction in (*triggers, *self._planned.stage.instructions):
            tale.begin(instruction.at)
            with _told(tale, instruction.at):
                if self._build.shop.stopped.is_set():
                    raise Stopped("another stage failed")
                cached = self._one(state, instruction, tale)
                if tale.identifies:
                    cached = self._identified(state, instruction.at) or cached
                tale.done(CACHED if cached else "", ident=state.ident)
        return state

    def _identified(self, state: State, at: Place) -> bool:
        """Note which image the stage is so far; return whether a build has been there before."""
        before, state.ident = state.ident, f"sha256:{hashlib.sha256(encode(state.config())).hexdigest()}"
        key, shop = keys.key("CONFIG", [before, state.ident], []), self._build.shop
        if shop.known(key, fresh=state.fresh) is not None:
            return True
        shop.remember(key, Layer("", ""), at.text)
        return False

    def _base(self) -> State:
        planned = self._planned
        if planned.base is not None:
            base = self._build.wait(planned.base)
            state = State(base.config(), list(base.layers), base.epoch)
            state.base, state.ident = base.base, base.ident
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

"""Build what the target needs: a thread a stage, each after those it needs; then the image."""

import json
import os
import threading
from collections.abc import Callable

from hull.builder import mounting, opening, outputs, running, sharing
from hull.builder.asked import Asked
from hull.builder.console import Console, Tale
from hull.builder.origins import Origin
from hull.builder.stage import Stage, Stopped
from hull.builder.state import State, scratch
from hull.builder.workshop import Layer, Workshop
from hull.dockerfile import contexts, parser, scope
from hull.dockerfile.graph import Graph, plan
from hull.engine import Engine
from hull.errors import UserError
from hull.images import blobs, imageconfig, platforms, reference
from hull.state.images import ImageRecord


class Build:
    """One build. `run` returns the image's id; it may be called from any one thread."""

    def __init__(self, engine: Engine, shop: Workshop, asked: Asked, console: Console) -> None:
        self._engine, self._shop, self._asked, self._console = engine, shop, asked, console
        self._keys = tuple(reference.parse(tag).key for tag in asked.tags)
        self._given = scope.parse_given(asked.arguments, dict(os.environ))
        self._named = contexts.parse_named(asked.contexts)
        self._states: dict[int, State] = {}
        self._ready: dict[int, threading.Event] = {}
        self._errors: list[BaseException] = []
        self._turns = threading.Semaphore(max(os.cpu_count() or 1, 1))
        self._pulling, self._opening = threading.Lock(), threading.Lock()
        self._origins: dict[str, Origin] = {}

    def run(self) -> str:
        """Build the target; return the image's id, "" where only its tree was asked for."""
        opened = opening.open_(self._shop, self._asked)
        self._origins[""] = opened.origin
        file = parser.parse(opened.text, opened.file)
        here = platforms.parse(self._asked.platform) if self._asked.platform else platforms.host()
        predefined = scope.platforms(str(platforms.host()), str(here), self._asked.target)
        known = scope.globals_(file, self._given, predefined)
        for name in scope.unused(file, self._given, predefined):
            self._console.line(f"warning: --build-arg {name}: no ARG of {opened.file} declares it")
        graph = plan(file, known, self._asked.target, tuple(self._named))
        with self._engine.images.bringing():
            try:
                state = self._stages(graph, file.escape, known)
                if self._asked.squash:
                    self._squash(state)
            finally:
                self._shop.keep()
            return self._result(state)

    def _result(self, state: State) -> str:
        """Put the image where it was asked for; one without a name that goes elsewhere does not stay here."""
        state.layers = self._shop.kept(state.layers)
        places = tuple(outputs.Output(*one) for one in self._asked.outputs)
        kept = not places or bool(self._keys)
        ident = self._adopt(state) if kept or any(one.kind in {"oci", "docker"} for one in places) else ""
        outputs.trees(places, self._shop, state, self._console)
        if ident:
            names = tuple(reference.parse(tag).canonical for tag in self._asked.tags)
            outputs.archives(places, self._shop, ident, names, self._console)
        for name in self._asked.cache_to:
            sharing.send(self._engine, self._shop.steps, name, self._shop.flavour)
        if ident and not kept:
            self._engine.images.rows.forget(ident)
        return ident if kept else ""

    def _squash(self, state: State) -> None:
        """Make one layer of those that the build has put on its base image."""
        own = state.layers[state.base :]
        if not own:
            return
        step = self._shop.step()
        self._shop.worker.ask("prepare", step=step, top=state.directories[-1], stubs=[])
        self._shop.worker.ask("squash", step=step, layers=[layer.directory for layer in own])
        layer = self._shop.seal(step, [], state.epoch)
        del state.layers[state.base :]
        for line in [one for one in state.history if not one.get("empty_layer")][state.base :]:
            line["empty_layer"] = True
        state.note(f"squash of {len(own)} layers", layer)

    def _stages(self, graph: Graph, escape: str, known: dict[str, str]) -> State:
        self._ready = {one.stage.number: threading.Event() for one in graph.stages}
        builders = [Stage(self, one, graph, escape, known) for one in graph.stages]
        threads = [threading.Thread(target=self._guarded, args=(one.run, one.number)) for one in builders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._errors:
            raise next((one for one in self._errors if not isinstance(one, Stopped)), self._errors[0])
        return self._states[graph.target.stage.number]

    def _guarded(self, build: Callable[[], State], number: int) -> None:
        try:
            self._states[number] = build()
        except BaseException as error:  # noqa: BLE001 (raised again by the thread that waits)
            self._errors.append(error)
            self._shop.stop()
        finally:
            self._ready[number].set()

    def wait(self, number: int) -> State:
        """Return a stage's state when it is built."""
        self._ready[number].wait()
        if number not in self._states:
            raise Stopped("another stage failed")
        return self._states[number]

    def image(self, word: str, platform: str) -> State:
        """Return the state that an image begins with."""
        asked = platform or self._asked.platform
        if word == "scratch":
            found = platforms.parse(asked) if asked else platforms.host()
            return State(scratch(found), [], self._asked.epoch)
        with self._pulling:
            pull = "always" if self._asked.pull else "missing"
            image = self._engine.images.resolve(word, pull, asked, self._shop.flavour)
            record = self._engine.images.rows.get(image.id)
        if record is None:
            raise UserError(f"cannot build on {word}: it was removed meanwhile", "try again")
        document = json.loads(record.config)
        diff_ids = document["rootfs"]["diff_ids"]
        base = self._engine.paths.layers(self._shop.flavour)
        here = self._engine.images.rows.directories(diff_ids, self._shop.flavour) if diff_ids else {}
        layers = [Layer(diff_id, f"{base}/{here[diff_id]}") for diff_id in diff_ids]
        return State(document, layers, self._asked.epoch)

    def origin(self, word: str, stages: "Graph | None" = None) -> Origin:
        """Return the tree that --from or from= names: a stage, a build context or an image; "" is the context."""
        number = stages.stage(word) if stages is not None and word else None
        if number is not None:
            return Origin(word, layers=tuple(self.wait(number).directories))
        with self._opening:
            if word not in self._origins:
                self._origins[word] = self._found(word)
            return self._origins[word]

    def _found(self, word: str) -> Origin:
        context = self._named.get(word.lower())
        if context is not None and context.kind != "image":
            return opening.named(self._shop, word, context)
        return Origin(word, layers=tuple(self.image(context.location if context else word, "").directories))

    def named_image(self, word: str) -> "State | None":
        """Return the state of a build context that stands for a stage or an image; None where there is none."""
        context = self._named.get(word.lower())
        if context is None:
            return None
        if context.kind != "image":
            raise UserError(
                f"cannot begin a stage with the build context {word}: it is no image", "docker-image://NAME"
            )
        return self.image(context.location, "")

    def ways(self, graph: Graph) -> mounting.Ways:
        """Return where mounts come from."""
        return mounting.Ways(self._shop, lambda word: self.origin(word, graph))

    @property
    def manner(self) -> running.Manner:
        """What every RUN is told."""
        asked = self._asked
        proxies = tuple(f"{key}={value}" for key, value in scope.proxies(self._given).items())
        return running.Manner(asked.network, asked.hosts, asked.shm_size, asked.ulimits, proxies)

    def tale(self, label: str, count: int) -> Tale:
        """Return a stage's voice."""
        return Tale(self._console, label, count)

    @property
    def shop(self) -> Workshop:
        """The build's place."""
        return self._shop

    @property
    def turns(self) -> threading.Semaphore:
        """As many steps at a time as there are processors."""
        return self._turns

    @property
    def given(self) -> dict[str, str]:
        """The --build-arg values."""
        return self._given

    def _adopt(self, state: State) -> str:
        labels = dict(word.partition("=")[::2] for word in self._asked.labels)
        if labels:
            state.run["Labels"] = {**(state.run.get("Labels") or {}), **labels}
        text = json.dumps(state.config(), separators=(",", ":"), ensure_ascii=False).encode()
        checked = imageconfig.parse(text)
        blobs.put(self._engine.paths, checked.id, text)
        record = ImageRecord(checked.id, "", checked.text, 0, 0)
        self._engine.images.rows.add(record, list(checked.diff_ids), list(self._keys), self._shop.flavour)
        return checked.id

"""Build what the target needs: a thread a stage, each after those it needs; then the image."""

import os
import threading
from collections.abc import Callable

from hull.builder import mounting, opening, outputs, running, sharing
from hull.builder.asked import Asked
from hull.builder.bases import Bases
from hull.builder.console import Console, Tale
from hull.builder.containers import Containers
from hull.builder.origins import Origin
from hull.builder.stage import Stage, Stopped
from hull.builder.state import State, encode
from hull.builder.workshop import Workshop
from hull.dockerfile import checks, contexts, ignore, model, parser, scope
from hull.dockerfile.graph import Graph, plan
from hull.engine import Engine
from hull.errors import UserError
from hull.images import blobs, imageconfig, platforms, reference
from hull.light import NamedTuple
from hull.output import Piece
from hull.state.images import ImageRecord

CHECK = "BUILDKIT_DOCKERFILE_CHECK"  # the build argument that is `# check=` on the command line


class Built(NamedTuple):
    """What a build made: the image's id, "" where only its tree was asked for; what a registry has; its names."""

    ident: str
    digest: str = ""
    names: tuple[str, ...] = ()


class Build:
    """One build. `run` returns the image's id; it may be called from any one thread."""

    def __init__(self, engine: Engine, shop: Workshop, asked: Asked, console: Console) -> None:
        self._engine, self._shop, self._asked, self._console = engine, shop, asked, console
        names = (*asked.tags, *(name for one in asked.outputs if one.kind == "image" for name in one.names))
        self._keys = tuple(dict.fromkeys(reference.parse(name).key for name in names))
        if any(one.push for one in asked.outputs) and not self._keys:
            raise UserError("cannot push the image: it has no name", "-t HOST/NAME:TAG")
        self._given = scope.parse_given(asked.arguments, dict(os.environ))
        self._named = contexts.parse_named(asked.contexts)
        self._states: dict[int, State] = {}
        self._ready: dict[int, threading.Event] = {}
        self._errors: list[BaseException] = []
        self._turns = threading.Semaphore(max(os.cpu_count() or 1, 1))
        self._bases, self._opening = Bases(shop, asked), threading.Lock()
        self._origins: dict[str, Origin] = {}
        self._containers = Containers(shop, asked.network, asked.keep, asked.joining)

    def run(self) -> Built:
        """Build the target."""
        opened = opening.open_(self._shop, self._asked)
        self._origins[""] = opened.origin
        file = parser.parse(opened.text, opened.file)
        here = platforms.parse(self._asked.platform) if self._asked.platform else platforms.host()
        predefined = scope.platforms(str(platforms.host()), str(here), self._asked.target)
        known = scope.globals_(file, self._given, predefined)
        for name in scope.unused(file, self._given, predefined):
            self._console.line(f"warning: --build-arg {name}: no ARG of {opened.file} declares it")
        graph = plan(file, known, self._asked.target, tuple(self._named), whole=self._asked.whole)
        self._console.plan([one.at.text for one in file.arguments], graph)
        defaults = scope.globals_(file, {}, predefined)
        left_out = ignore.parse(opened.origin.ignore)
        self._checked(checks.Known(file, known, defaults, lambda path: bool(left_out) and left_out.ignores(path)))
        if self._asked.check:
            return Built("")
        with self._engine.images.bringing():
            try:
                return self._result(self._state(graph, file.escape, known))
            finally:
                self._bases.close()

    def _checked(self, known: checks.Known) -> None:
        """Say what the file had better not say: whole where it was asked for or is an error, else how much."""
        text = self._given.get(CHECK) or dict(known.file.directives).get("check", "")
        directive = checks.directive(text)
        found = checks.run(known, directive.skip)
        told = "no warnings found" if not found else "1 warning" if len(found) == 1 else f"{len(found)} warnings"
        if found and not self._asked.check and not directive.error:
            self._console.line(f"{told}: hull build --check shows them")
        if not self._asked.check and not (found and directive.error):
            return
        for one in found:
            self._console.piece(Piece(1, f"{one}\n\n".encode(errors="backslashreplace")))
        if found:
            raise UserError(f"{known.file.file} has {told}", "# check=skip=RULE at its top leaves a rule out")
        self._console.piece(Piece(1, b"Check complete, no warnings found.\n"))

    def _state(self, graph: Graph, escape: str, known: dict[str, str]) -> State:
        """Build the stages; what was sealed stays also where one fails."""
        try:
            state = self._stages(graph, escape, known)
            if self._asked.squash:
                self._squash(state)
        finally:
            self._shop.keep()
            self._containers.settle()
        return state

    def _result(self, state: State) -> Built:
        """Put the image where it was asked for; one without a name that goes elsewhere does not stay here."""
        asked, digest = self._asked, ""
        state.layers = self._shop.kept(state.layers)
        kept = not asked.outputs or bool(self._keys) or any(one.kind == "image" for one in asked.outputs)
        wanted = kept or any(one.kind in {"oci", "docker"} for one in asked.outputs)
        ident, new = self._adopt(state) if wanted else ("", False)
        outputs.trees(asked.outputs, self._shop, state, self._console)
        if ident:
            names = tuple(reference.parse(tag).canonical for tag in asked.tags)
            outputs.archives(asked.outputs, self._shop, ident, names, self._console)
        if any(one.push for one in asked.outputs):
            for key in self._keys:
                digest = sharing.push(self._engine, ident, reference.parse(key), self._shop.granted)
        for place in (one for one in asked.cache_to if one.kind != "inline"):
            sharing.send(self._engine, self._shop.steps, place, self._shop.flavour, self._shop.granted)
        if new and not kept:
            self._engine.images.rows.forget(ident)
        return Built(ident if kept else "", digest, self._keys)

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
        """Return a stage's state when it is built; only an image's ONBUILD can name one that nobody knew was needed."""
        if number not in self._ready:
            raise UserError("it names a stage that the target does not need otherwise", "COPY --from that stage first")
        self._ready[number].wait()
        if number not in self._states:
            raise Stopped("another stage failed")
        return self._states[number]

    @property
    def bases(self) -> Bases:
        """The images that stages begin with."""
        return self._bases

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
        base = self.named_base(word)
        if base is None and (context := self._named.get(word.lower())) is not None:
            return opening.named(self._shop, word, context)
        return Origin(word, layers=tuple((base or self._bases.image(word)).directories))

    def named_base(self, word: str) -> State | None:
        """Return the state of a build context that is an image; None where there is none of that name."""
        context = self._named.get(word.lower())
        if context is None or context.kind not in {"image", "layout"}:
            return None
        return (self._bases.layout if context.kind == "layout" else self._bases.image)(context.location)

    def begins(self, word: str, platform: str) -> State:
        """Return the state that FROM begins with: a build context's, else an image's."""
        base = self.named_base(word)
        if base is None and word.lower() in self._named:
            raise UserError(
                f"cannot begin a stage with the build context {word}: it is no image",
                "docker-image://NAME, oci-layout://DIR",
            )
        return base or self._bases.image(word, platform)

    def ways(self, graph: Graph) -> mounting.Ways:
        """Return where mounts come from."""
        return mounting.Ways(self._shop, lambda word: self.origin(word, graph))

    @property
    def manner(self) -> running.Manner:
        """What every RUN is told."""
        asked = self._asked
        proxies = tuple(f"{key}={value}" for key, value in scope.proxies(self._given).items())
        way = self._containers.network
        return running.Manner(self._containers, way, asked.hosts, asked.shm_size, asked.ulimits, asked.devices, proxies)

    def fresh(self, stage: model.Stage) -> bool:
        """Whether a stage takes nothing from the cache."""
        return bool({stage.name, str(stage.number)} & {name.lower() for name in self._asked.fresh})

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

    def _adopt(self, state: State) -> tuple[str, bool]:
        """Give the image its row; return its id, and whether it was not here before."""
        labels = dict(word.partition("=")[::2] for word in self._asked.labels)
        if labels:
            state.run["Labels"] = {**(state.run.get("Labels") or {}), **labels}
        document = state.config()
        if any(place.kind == "inline" for place in self._asked.cache_to):
            document[sharing.FIELD] = sharing.known(self._shop.steps, state.diff_ids)
        text = encode(document)
        checked = imageconfig.parse(text)
        blobs.put(self._engine.paths, checked.id, text)
        new = self._engine.images.rows.get(checked.id) is None
        record = ImageRecord(checked.id, "", checked.text, 0, 0)
        self._engine.images.rows.add(record, list(checked.diff_ids), list(self._keys), self._shop.flavour)
        return checked.id, new

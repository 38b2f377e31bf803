"""The containers of a build's steps where anybody sees them: on networks of the user's own, or kept after their step.

Any other step's container is its directory in the build's scratch alone. One that is seen has a row like any container
from its beginning: as one of --rm, so that whoever looks next removes what a killed build leaves.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from hull.builder.joining import OTHER, Joining, Met
from hull.builder.state import State, encode
from hull.builder.workshop import Layer, Workshop
from hull.engine import Engine
from hull.errors import HostError
from hull.images import blobs, imageconfig
from hull.light import TYPE_CHECKING, NamedTuple
from hull.model import Image, Spec
from hull.runtime import detached
from hull.state.containers import Container
from hull.state.images import ImageRecord
from hull.storage import overlay

if TYPE_CHECKING:
    from hull.runtime.launch import Launch

NEVER, FAILED, ALWAYS = "", "failed", "always"  # which containers are kept


class StepContainer:
    """One step's; `home` is where its files and its status are. What is not seen has no row."""

    name = events = ""

    def __init__(self, spec: Spec, home: str) -> None:
        self.spec, self.home = spec, home

    def meet(self) -> Met | None:
        """Make its place on networks of the user's own; None where it is on none."""
        return None

    def prepared(self, steps: list[tuple[str, ...]], words: tuple[str, ...]) -> "Launch":
        """Return the launch of a container that has met others."""
        raise NotImplementedError

    def ended(self, code: int, *, stopped: bool) -> None:
        """Note how its program ended; `stopped`: somebody ended the build."""

    def made(self, layer: Layer) -> None:
        """Note the layer that its files have become."""


class Seen(StepContainer):
    """One that has a row."""

    def __init__(self, engine: Engine, joining: Joining | None, row: Container) -> None:
        super().__init__(row.spec._replace(remove=False), engine.paths.container(row.id))
        self._engine, self._joining, self.row = engine, joining, row
        self.name, self.events = row.name, engine.history.path
        self.code, self.stopped, self.layer = -1, False, Layer("", "")

    def meet(self) -> Met | None:
        """Make its place on networks of the user's own; None where it is on none."""
        if self._joining is None or not (self.spec.networks or self.spec.network.startswith(OTHER)):
            return None
        return self._joining.attach(self.row)

    def prepared(self, steps: list[tuple[str, ...]], words: tuple[str, ...]) -> "Launch":
        """Return the launch of a container that has met others."""
        assert self._joining is not None  # noqa: S101 (it has met them)
        return self._joining.prepared(steps, words, self.row.id)

    def ended(self, code: int, *, stopped: bool) -> None:
        """Note how its program ended; `stopped`: somebody ended the build."""
        self.code, self.stopped = code, stopped

    def made(self, layer: Layer) -> None:
        """Note the layer that its files have become."""
        self.layer = layer

    def drop(self) -> None:
        """Remove it: nothing of it but its step's files was the image's."""
        shutil.rmtree(self.home, ignore_errors=True)
        self._engine.containers.forget(self.row.id)
        self._engine.history.add("container", "destroy", self.row.id, detached.attributes(self.spec, self.name))
        if self.spec.networks and self._joining is not None:
            self._joining.left()


class Kept(NamedTuple):
    """One that stays: its step's directory, the config of the image below it, and that image's layers."""

    container: Seen
    step: str
    config: bytes
    diff_ids: tuple[str, ...]


class Containers:
    """Those of one build; safe from several threads. `keep` is one of NEVER, FAILED and ALWAYS."""

    def __init__(self, shop: Workshop, network: str, keep: str, joining: Joining | None) -> None:
        self._shop, self._engine, self._keep, self._joining = shop, shop.engine, keep, joining
        self.network, self._endpoints = (network, ()) if joining is None else joining.known(network)
        self._kept: list[Kept] = []

    @contextmanager
    def of(self, ident: str, spec: Spec, state: State, step: str) -> "Iterator[StepContainer]":
        """Give the container of a step, which goes with it unless it is to be kept."""
        joins = spec.network == self.network and bool(self._endpoints or spec.network.startswith(OTHER))
        if not joins and self._keep == NEVER:
            yield StepContainer(spec, step)
            return
        config = encode(state.config())
        image = Image(f"sha256:{hashlib.sha256(config).hexdigest()}", "build", tuple(state.directories))
        shown = spec._replace(image=image.id, remove=True, pull="never")
        if joins:
            shown = shown._replace(networks=self._endpoints, hostname=None)
        found = Seen(self._engine, self._joining, self._engine.containers.add(ident, shown, image))
        try:
            overlay.prepare(found.home, self._shop.identity, state.directories[-1] if state.layers else "/")
            self._engine.history.add("container", "create", ident, detached.attributes(found.spec, found.name))
            yield found
        finally:
            if self._keeps(found):
                self._kept.append(Kept(found, step, config, tuple(state.diff_ids)))
            else:
                found.drop()

    def _keeps(self, found: Seen) -> bool:
        if found.code < 0 or found.stopped:
            return False
        return self._keep == ALWAYS or (self._keep == FAILED and found.code > 0)

    def settle(self) -> None:
        """Give what stays its image and its files; the layers have their rows by now."""
        for one in self._kept:
            self._settle(one)
        self._kept.clear()

    def _settle(self, one: Kept) -> None:
        found, shop = one.container, self._shop
        checked = imageconfig.parse(one.config)
        blobs.put(self._engine.paths, checked.id, one.config)
        record = ImageRecord(checked.id, "", checked.text, 0, 0)
        self._engine.images.rows.add(record, list(checked.diff_ids), [], shop.flavour)
        image = self._engine.images.ready(checked.id, checked.id, shop.flavour)
        if image is None:
            found.drop()
            return
        source = f"{one.step}/upper"
        if not os.path.isdir(source):
            (source,) = (layer.directory for layer in shop.kept([found.layer]))
        self._files(source, f"{found.home}/upper", moved=source == f"{one.step}/upper")
        self._engine.containers.forget(found.row.id)
        kept = found.spec._replace(name=found.name, image=checked.id, hostname=None)
        self._engine.containers.desire(self._engine.containers.add(found.row.id, kept, image), "stopped")
        if found.spec.networks and self._joining is not None:
            self._joining.left()

    def _files(self, source: str, upper: str, *, moved: bool) -> None:
        """Make the container's own layer of what the step has left; where that is a layer now, it is copied."""
        if moved:
            with suppress(OSError):  # of another owner: root of the namespace may
                os.rename(source, upper)
                return
        argv = ["/bin/cp", "-aT", "--reflink=auto", "--", source, upper]
        with self._engine.confine(argv, self._shop.flavour, stderr=-1) as child:
            told = child.communicate()[1].decode(errors="replace").strip()
        if child.returncode:
            raise HostError(f"cannot keep a step's container: {told}", "build with --rm")

"""One build's place: its scratch directory, its confined child, the layers it has sealed, the step cache."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from hull.builder.granted import Granted
from hull.builder.sharing import Place, Shared
from hull.builder.worker import Worker
from hull.engine import Engine
from hull.images import imageconfig
from hull.images.layers import name_of
from hull.light import NamedTuple
from hull.state.steps import Step, Steps
from hull.storage import overlay

PREFIX = "build-"


class Layer(NamedTuple):
    """A layer of a stage: its digest, its directory, and when it was made."""

    diff_id: str
    directory: str
    created: float = 0.0


class Workshop:
    """What every stage of a build shares. Safe from several threads."""

    def __init__(
        self,
        engine: Engine,
        *,
        cache: bool,
        shared: tuple[Place, ...] = (),
        granted: Granted | None = None,
        only: tuple[str, ...] | None = None,
    ) -> None:
        self.engine = engine
        self.identity = engine.identity()
        self.flavour = self.identity.layer_flavour
        self.worker = Worker(engine.confine, self.flavour)
        self.directory, self._lock_fd = _begin(engine, overlay.owner_of(self.identity))
        self.stopped = threading.Event()
        self.endings: list[Callable[[], None]] = []
        self.caching = cache and only != ()
        self._only = None if only is None else {layer for ident in only for layer in _layers(engine, ident)}
        self.granted = granted or Granted()
        self._steps = Steps(engine.db)
        self._guard = threading.RLock()
        self._count = 0
        self._sealed: dict[str, tuple[str, int]] = {}  # by diff id: directory, size
        self._made: dict[str, Step] = {}
        self._used: dict[str, Step] = {}
        self._shared = Shared(engine, shared, self.flavour, self.granted)
        self._fds: list[int] = []

    @property
    def owner(self) -> tuple[int, int] | None:
        """Whom root of the user namespace is outside, where it is not the caller."""
        return overlay.owner_of(self.identity)

    @property
    def empty(self) -> str:
        """An empty directory, to stack under what may have no layers."""
        path = f"{self.directory}/empty"
        with suppress(FileExistsError):
            os.mkdir(path, 0o755)
        return path

    def private(self) -> str:
        """Return a directory of the namespace's root for secrets: on the runtime directory, gone with the build."""
        path = f"{self.engine.paths.runtime}/{os.path.basename(self.directory)}"
        with self._guard:
            if not os.path.isdir(path):
                os.mkdir(path, 0o711 if self.owner else 0o700)
                if self.owner:
                    os.chown(path, *self.owner)
        return path

    def opened(self, fd: int) -> None:
        """Close a descriptor with the build."""
        self._fds.append(fd)

    def stop(self) -> None:
        """End what runs: steps fail, and no new one begins."""
        self.stopped.set()
        for end in list(self.endings):
            end()

    def step(self) -> str:
        """Return a new step's directory, not made yet."""
        with self._guard:
            self._count += 1
            return f"{self.directory}/{os.path.basename(self.directory)[len(PREFIX) :]}{self._count}"

    def known(self, key: str, *, fresh: bool = False) -> Layer | None:
        """Return the layer that a step with this key made, here or before; one without a directory for none.

        `fresh`: none is taken.
        """
        if not self.caching or fresh:
            return None
        with self._guard:
            for find in (self._made.get, self._steps.find, self._shared.find):
                step = find(key)
                if step is not None and self._only is not None and step.diff_id not in {"", *self._only}:
                    continue
                found = None if step is None else Layer(step.diff_id, self._find(step.diff_id), step.created)
                if step is not None and found is not None and (found.directory or not found.diff_id):
                    self._used[key] = step
                    return found
            return None

    def _find(self, diff_id: str) -> str:
        """Return where a layer is, "" if it is not."""
        if not diff_id:
            return ""
        if diff_id in self._sealed:
            return self._sealed[diff_id][0]
        found = self.engine.images.rows.directories([diff_id], self.flavour)
        return f"{self.engine.paths.layers(self.flavour)}/{found[diff_id]}" if found else ""

    def seal(self, step: str, stubs: list[str], epoch: int | None) -> Layer:
        """Make a layer of a step's upper; one without a directory where it changed nothing."""
        made = self.worker.ask("seal", step=step, stubs=stubs, epoch=epoch)
        diff_id = str(made["diff_id"])
        with self._guard:
            directory = self._find(diff_id)
            if diff_id and not directory:
                directory = f"{step}/upper"
                self._sealed[diff_id] = (directory, int(made["size"]))
        return Layer(diff_id, directory, time.time())

    def remember(self, key: str, layer: Layer, text: str) -> None:
        """Let a later step with this key take the layer."""
        with self._guard:
            self._made[key] = Step(key, layer.diff_id, text, layer.created)

    def keep(self) -> None:
        """Give the sealed layers their names and rows, and the steps theirs."""
        for diff_id, (directory, size) in self._sealed.items():
            self._publish(diff_id, directory, size)
        self._sealed.clear()
        self._steps.add([*self._used.values(), *self._made.values()])
        self.engine.images.settle()

    def kept(self, layers: list[Layer]) -> list[Layer]:
        """Return the layers where they are now: `keep` has given them their names."""
        return [layer._replace(directory=self._find(layer.diff_id)) for layer in layers]

    @property
    def steps(self) -> list[Step]:
        """The steps that this build made or took."""
        return list({**self._used, **self._made}.values())

    def _publish(self, diff_id: str, directory: str, size: int) -> None:
        name, layers = name_of(diff_id), self.engine.images.layers
        with layers.alone(name, self.flavour):
            if self.engine.images.rows.directories([diff_id], self.flavour):
                return
            layers.publish(directory, name, self.flavour, {"diff_id": diff_id, "size": size, "notes": {}})

    def close(self) -> None:
        """Remove what the build leaves, and let go of it."""
        secret = f"{self.engine.paths.runtime}/{os.path.basename(self.directory)}"
        if self.worker.started:
            with suppress(Exception):
                self.worker.ask("remove", paths=[self.directory, secret])
        self.worker.close()
        remove(self.engine, self.directory)
        remove(self.engine, secret)
        for fd in (*self._fds, self._lock_fd):
            os.close(fd)


def _layers(engine: Engine, ident: str) -> list[str]:
    """Return the digests of an image's layers."""
    import json

    record = engine.images.rows.get(ident)
    return [] if record is None else list(imageconfig.layers(json.loads(record.config)))


@contextmanager
def scratch(engine: Engine) -> Iterator[str]:
    """Give a directory on the store's disk for what a build takes and brings; that of a dead one goes with the next."""
    path, fd = _begin(engine, None)
    try:
        yield path
    finally:
        remove(engine, path)
        os.close(fd)


def _begin(engine: Engine, owner: tuple[int, int] | None) -> tuple[str, int]:
    """Make a build's directory and hold its lock; those of dead builds go."""
    for name in os.listdir(engine.paths.scratch):
        if name.startswith(PREFIX):
            _sweep(engine, f"{engine.paths.scratch}/{name}")
    while True:
        path = f"{engine.paths.scratch}/{PREFIX}{os.urandom(6).hex()}"
        os.mkdir(path, 0o711 if owner else 0o700)
        fd = _locked(path)  # another build that begins now may have taken it for a dead one's, and removed it
        if fd is not None and os.path.isdir(path):
            break
        if fd is not None:
            os.close(fd)
    if owner:
        os.chown(path, *owner)
    return path, fd


def _locked(path: str) -> int | None:
    import fcntl

    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd


def _sweep(engine: Engine, path: str) -> None:
    fd = _locked(path)
    if fd is not None:
        remove(engine, path)
        remove(engine, f"{engine.paths.runtime}/{os.path.basename(path)}")
        os.close(fd)


def remove(engine: Engine, path: str) -> None:
    """Remove a tree in which mapped ids own files."""
    import shutil

    with suppress(OSError):
        shutil.rmtree(path)
    if os.path.isdir(path):
        with engine.confine(["/bin/rm", "-rf", "--one-file-system", "--", path], stderr=-3) as child:
            child.wait()
        shutil.rmtree(path, ignore_errors=True)

"""Layers on the disk: fetched and unpacked at the same time, published whole or not at all.

Theory of operation. A layer is unpacked in `tmp-<name>` beside the published ones and gets its name by rename, then
its row, marked as not yet synced (hull.images.settling says what becomes of the mark). Whoever works on it holds the
lock of that name, so a second shell waits and then finds it done, and scratch whose lock is free belongs to the dead.

A layer is named by its diff id. One that takes hard links or the metadata of directories from the layers below is
another over others: it is named by its chain id. One that asked and got nothing has a row for each chain, and one name.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from functools import partial

from hull import log
from hull.errors import HullError, RegistryError
from hull.images import child, settling, tars
from hull.kernel import filesystems
from hull.light import Any, NamedTuple
from hull.paths import Paths
from hull.state import chains, lockfiles
from hull.state.images import Images, LayerRecord, trusted

WORKERS = 2
STEP = 1 << 20  # bytes between two progress events
SCRATCH = "tmp-"
NAME = 24  # digits of the diff id that name a published layer: mount options are bounded


class Wanted(NamedTuple):
    """A layer to be had: its identity, what progress calls it, its size where known (0), and its bytes when asked."""

    diff_id: str
    label: str
    total: int
    fetch: Callable[[], Iterator[bytes]]


class Cancelled(Exception):  # noqa: N818 (no error: the other one is)
    """Another layer failed, or the user interrupted."""


class Layers:
    """The layers of one user."""

    def __init__(self, paths: Paths, rows: Images, events: log.Events, confine: child.Confine) -> None:
        self._paths = paths
        self._rows = rows
        self._events = events
        self._confine = confine
        self._say = threading.Lock()

    def ensure(self, wanted: list[Wanted], flavour: str) -> None:
        """Return when every layer (lowest first) is here and recorded."""
        from hull.images.workers import run

        by_id = {one.diff_id: one for one in wanted}
        unique = [by_id[diff_id] for diff_id in chains.effective([one.diff_id for one in wanted])]
        chain = chains.of([one.diff_id for one in unique])
        done = {one.diff_id: threading.Event() for one in unique}
        stop = threading.Event()

        def task(place: int) -> None:
            lower = unique[:place]
            below = lambda: self._await(lower, done, stop, flavour)  # noqa: E731 (asked for where it is needed)
            stack = Stack(chain[unique[place].diff_id], below)
            self._one(unique[place], flavour, children, self._watched(unique[place], stop), stack)
            done[unique[place].diff_id].set()

        here = self._rows.directories([one.diff_id for one in unique], flavour)
        for one in unique:
            if one.diff_id in here:
                done[one.diff_id].set()
                if one.total:  # else it was brought for this very image
                    self._tell(one, "already here")
            elif one.total:
                self._tell(one, "waiting")
        with child.Children(self._confine, flavour) as children:
            run([partial(task, place) for place, one in enumerate(unique) if one.diff_id not in here], WORKERS, stop)

    def _await(
        self, lower: list[Wanted], done: dict[str, threading.Event], stop: threading.Event, flavour: str
    ) -> list[str]:
        """Return the directories of the lower layers once all of them are here."""
        for one in lower:
            while not done[one.diff_id].wait(0.1):
                if stop.is_set():
                    raise Cancelled
        found = self._rows.directories([one.diff_id for one in lower], flavour)
        return [f"{self._paths.layers(flavour)}/{found[one.diff_id]}" for one in lower]

    def _one(
        self,
        wanted: Wanted,
        flavour: str,
        children: child.Children,
        chunks: Iterator[bytes],
        stack: "Stack",
    ) -> None:
        name = name_of(wanted.diff_id)
        with self.alone(name, flavour):
            if self.usable(wanted.diff_id, flavour, stack.chain):
                self._tell(wanted, "already here")
                return
            scratch = self.scratch(flavour, name)
            try:
                with children.lent() as worker:
                    result = worker.ask(["unpack", scratch, flavour], chunks)
                    _check(result["diff_id"], wanted)
                    given = _complete(worker, scratch, result["links"], stack.lowers)
                chain = stack.chain if result["links"] else ""
                self.publish(scratch, name_of(chain) if given else name, flavour, result, chain)
            except BaseException:
                with suppress(HullError):  # what stays is scratch of the dead to the next pull
                    self.discard([scratch], flavour)
                raise
        self._tell(wanted, "done", wanted.total)

    def bring(self, chunks: Iterator[bytes], flavour: str) -> str:
        """Unpack and publish a layer that nobody named before; return its diff id."""
        name = os.urandom(12).hex()
        with self.alone(name, flavour, passing=True):
            scratch = self.scratch(flavour, name)
            try:
                with child.Children(self._confine, flavour) as children, children.lent() as worker:
                    result = worker.ask(["unpack", scratch, flavour], chunks)
                    _complete(worker, scratch, result["links"], list)
                final = name_of(result["diff_id"])
                with self.alone(final, flavour):
                    if self.usable(result["diff_id"], flavour):
                        self.discard([scratch], flavour)
                    else:
                        self.publish(scratch, final, flavour, result)
            except BaseException:
                with suppress(HullError):  # what stays is scratch of the dead to the next pull
                    self.discard([scratch], flavour)
                raise
        return str(result["diff_id"])

    def alone(self, name: str, flavour: str, *, passing: bool = False) -> AbstractContextManager[bool]:
        """Let nobody else work on a layer of this name inside the `with`; a `passing` name is never used again."""
        return lockfiles.held(self._paths.locks, f"layer-{flavour}-{name}", passing=passing)

    def usable(self, diff_id: str, flavour: str, chain: str = "") -> bool:
        """Whether a layer is here; one that another boot left unsynced is proved, or forgotten. Its lock is held."""
        layer = self._rows.layer(diff_id, flavour, chain)
        if layer is None or trusted(layer.mark):
            return layer is not None
        if settling.proved(self._paths, self._rows, self._confine, layer):
            return True
        settling.warn(self._events, layer)
        self._rows.forget_layer(layer)
        return False

    def prove(self, diff_ids: list[str], flavour: str) -> bool:
        """Look at the layers that another boot left unsynced; whether any of them is usable now."""
        found = False
        for diff_id, chain in chains.of(diff_ids).items():
            layer = self._rows.layer(diff_id, flavour, chain)
            if layer is not None and not trusted(layer.mark):
                with self.alone(name_of(diff_id), flavour):
                    found |= self.usable(diff_id, flavour, chain)
        return found

    def scratch(self, flavour: str, name: str) -> str:
        """Make the empty directory in which a layer is unpacked; the caller holds the lock of its name.

        It never has the same name twice: ext4 spreads directories by their names, and beside one that was removed a
        moment ago it is slow.
        """
        base = self._paths.layers(flavour)
        dead = [f"{base}/{other}" for other in os.listdir(base) if other.startswith(f"{SCRATCH}{name}")]
        self.discard(dead, flavour)
        scratch = f"{base}/{SCRATCH}{name}-{os.urandom(4).hex()}"
        filesystems.spread(base)
        os.mkdir(scratch, 0o755)
        os.chmod(scratch, 0o755)  # noqa: S103 (the root directory of a container; the store above it is closed)
        if os.geteuid() == 0:
            os.chown(scratch, *child.outside_ids(self._confine, flavour))
        return scratch

    def unpack(self, scratch: str, flavour: str, chunks: Iterator[bytes]) -> dict[str, Any]:
        """Unpack a layer's bytes; return the child's answer."""
        return child.run(self._confine, flavour, ["unpack", scratch, flavour], chunks)

    def publish(self, scratch: str, name: str, flavour: str, result: dict[str, Any], chain: str = "") -> None:
        """Give a whole layer its name and its row; what has the name is of the dead, or the same over another chain."""
        import json

        tars.keep(self._paths, result["diff_id"], result.get("split", ""))
        final = f"{self._paths.layers(flavour)}/{name}"
        notes = json.dumps(result["notes"])
        layer = LayerRecord(result["diff_id"], flavour, name, result["size"], notes, settling.mark(), "", chain)
        if os.path.lexists(final):
            same = [one for one in self._rows.layers() if (one.flavour, one.directory) == (flavour, name)]
            if same and trusted(same[0].mark):
                self._rows.add_layer(layer._replace(mark=same[0].mark, tree=same[0].tree))
                self.discard([scratch], flavour)
                return
            self.discard([final], flavour)
        self._move(scratch, final, flavour)
        self._rows.add_layer(layer)
        self._summarise(name, result["notes"])

    def _move(self, scratch: str, final: str, flavour: str) -> None:
        """Rename a directory; out of another one, one that is not its owner's takes root of the user namespace."""
        try:
            os.rename(scratch, final)
        except PermissionError:
            with self._confine(["mv", "-T", "--", scratch, final], flavour) as process:
                if process.wait():
                    raise

    def discard(self, directories: list[str], flavour: str) -> None:
        """Remove directories with what root of the user namespace made below them."""
        if directories:
            child.run(self._confine, flavour, ["empty", *directories])
        for path in directories:
            with suppress(FileNotFoundError):
                os.rmdir(path)

    def _watched(self, wanted: Wanted, stop: threading.Event) -> Iterator[bytes]:
        current = told = 0
        self._tell(wanted, "pulling")
        for chunk in wanted.fetch():
            if stop.is_set():
                raise Cancelled
            current += len(chunk)
            if current - told >= STEP:
                told = current
                self._tell(wanted, "pulling", current)
            yield chunk
        self._tell(wanted, "unpacking", current)

    def _tell(self, wanted: Wanted, text: str, current: int = 0) -> None:
        with self._say:
            self._events(log.Event("progress", wanted.label, text, current, wanted.total))

    def _summarise(self, name: str, notes: dict[str, int]) -> None:
        texts = [NOTES.get(kind, kind).format(count) for kind, count in sorted(notes.items())]
        if texts:
            with self._say:
                self._events(log.Event("note", name[:12], f"layer {name[:12]}: {'; '.join(texts)}"))


NOTES = {
    "clamped": "{} files whose owner is outside the id map belong to the overflow id 65534",
    "devices": "{} device nodes left out",
    "capabilities": "{} file capabilities could not be kept",
    "attributes": "{} extended attributes could not be kept",
    "owners": "{} owners could not be recorded",
    "unknown": "{} entries of unknown type left out",
}


class Stack(NamedTuple):
    """Where a layer lies in its image: its chain id, and the directories below, waited for when asked."""

    chain: str
    lowers: Callable[[], list[str]]


def name_of(digest: str) -> str:
    """Return what a layer is called on the disk, from its diff id or its chain id."""
    return digest.partition(":")[2][:NAME]


def _complete(worker: child.Child, scratch: str, links: list[list[str]], lowers: Callable[[], list[str]]) -> bool:
    """Make in a layer what those below it decide, and tell whether they did; else directories are what they became."""
    import json

    below = lowers() if links else []
    if not (below or any(target for _, target in links)):
        return False
    return bool(worker.ask(["link", scratch, *below], [json.dumps(links).encode()])["given"])


def _check(diff_id: str, wanted: Wanted) -> None:
    if diff_id != wanted.diff_id:
        raise RegistryError(
            f"cannot use the layer {wanted.label}: it unpacks to {diff_id}, not {wanted.diff_id}",
            "the image is damaged or hostile: pull it from its source",
        )

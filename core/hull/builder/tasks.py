"""What the confined child does for a build, as root of the user namespace; each answers with plain JSON values.

Every path inside a tree is resolved beneath the tree's descriptor, links included: an image, a context and what a RUN
left are hostile. `layers` are directories, the lowest first; `step` is a directory with `upper` and `work`.
"""

import os
import stat
from collections.abc import Callable, Iterator

from hull.builder import collecting, landing, sealing
from hull.images import accounts, compression, squashing
from hull.images.files import own_mounts
from hull.images.resolving import Root
from hull.images.tarstream import TarStream
from hull.kernel import stacking
from hull.light import Any

Answer = dict[str, Any]
CHUNK = 1 << 18


def prepare(_data: int, flavour: str, step: str, top: str, stubs: list[tuple[str, bool]]) -> Answer:  # noqa: ARG001
    """Make a step's directories, the upper with the mode of `top`, the root it covers; `stubs`: what is mounted over.

    A stub (path, is a directory) stands in a layer below all others: a start finds its mount points there and makes
    none in the upper.
    """
    os.makedirs(step, 0o755, exist_ok=True)
    os.mkdir(f"{step}/work", 0o700)
    os.mkdir(f"{step}/upper")
    if top:
        found = os.stat(top)
        os.chmod(f"{step}/upper", stat.S_IMODE(found.st_mode))
        os.chown(f"{step}/upper", found.st_uid, found.st_gid)
        os.utime(f"{step}/upper", ns=(found.st_mtime_ns, found.st_mtime_ns))
    else:
        os.chmod(f"{step}/upper", 0o755)  # noqa: S103 (the root directory of a container)
    os.mkdir(f"{step}/stubs", 0o755)
    fd = os.open(f"{step}/stubs", os.O_RDONLY | os.O_DIRECTORY)
    for path, directory in stubs:
        _stub(fd, path.strip("/"), directory=directory)
    return {}


def _stub(fd: int, path: str, *, directory: bool) -> None:
    above, _, name = path.rpartition("/")
    for part in range(1, above.count("/") + 2 if above else 1):
        _make(fd, "/".join(above.split("/")[:part]))
    if directory:
        _make(fd, path)
    elif name:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=fd))


def _make(fd: int, path: str) -> None:
    if path:
        try:
            os.mkdir(path, 0o755, dir_fd=fd)
        except FileExistsError:
            return


def _opened(step: str, layers: list[str]) -> int:
    """Return the root of the step's tree, writable; its own mount namespace ends with this fork."""
    own_mounts()
    return stacking.overlay(layers or [f"{step}/stubs"], f"{step}/upper", f"{step}/work")


def _read_only(layers: list[str], empty: str) -> int:
    own_mounts()
    return stacking.overlay([empty, *layers])


def _chunks(data: int) -> Iterator[bytes]:
    while chunk := os.read(data, CHUNK):
        yield chunk


def place(  # noqa: PLR0917 (a request's values)
    data: int, flavour: str, step: str, layers: list[str], names: list[str], spot: Answer
) -> Answer:
    """Place the tar from the data pipe, compressed or not, as `landing.Spot` says; owners' names are of `names`."""
    root = _opened(step, layers)
    where = landing.Spot(**spot)
    owner = accounts.owner(where.chown, names)
    landing.land(root, where, owner, TarStream(compression.stream(lambda size: os.read(data, size))), flavour)
    return {}


def copy(  # noqa: PLR0917 (a request's values)
    _data: int, flavour: str, step: str, layers: list[str], names: list[str], spot: Answer, source: Answer
) -> Answer:
    """Place what `source` selects in other layers."""
    import threading

    own_mounts()
    origin = stacking.overlay([f"{step}/stubs", *source["layers"]])
    root = stacking.overlay(layers or [f"{step}/stubs"], f"{step}/upper", f"{step}/work")
    where = landing.Spot(**spot)
    found = collecting.Collection(origin, collecting.Selection(**source["selection"]))
    out, sink = os.pipe()
    failures: list[BaseException] = []
    writer = threading.Thread(target=_write, args=(found, sink, failures))
    writer.start()
    try:
        where = where._replace(single=found.single)
        landing.land(root, where, accounts.owner(where.chown, names), TarStream(_chunks(out)), flavour)
    finally:
        os.close(out)
        writer.join()
    if failures and not isinstance(failures[0], BrokenPipeError):
        raise failures[0]
    return {}


def _write(found: "collecting.Collection", sink: int, failures: list[BaseException]) -> None:
    try:
        with open(sink, "wb") as file:
            found.write(file)
    except BaseException as error:  # noqa: BLE001 (raised by the thread that waits)
        failures.append(error)


def digest(_data: int, flavour: str, empty: str, source: Answer) -> Answer:  # noqa: ARG001
    """Return the digest of what `source` selects."""
    fd = _read_only(source["layers"], empty)
    return {"digest": collecting.Collection(fd, collecting.Selection(**source["selection"])).digest(owners=True)}


def directory(_data: int, flavour: str, step: str, layers: list[str], names: list[str], path: str, user: str) -> Answer:  # noqa: ARG001, PLR0917
    """Make a directory with its parents, a user's; what is there stays as it is."""
    root = _opened(step, layers)
    fd, _ = landing.make(root, path, accounts.owner(user, names))
    os.close(fd)
    return {}


def seal(_data: int, flavour: str, step: str, stubs: list[str], epoch: int | None) -> Answer:  # noqa: ARG001
    """Make a layer of the upper: what a start put there to mount over is taken out, times are cut to the epoch."""
    return sealing.seal(f"{step}/upper", stubs, epoch)


def squash(_data: int, flavour: str, step: str, layers: list[str]) -> Answer:  # noqa: ARG001
    """Merge layers, the lowest first, into the step's upper."""
    squashing.squash(f"{step}/upper", layers)
    return {}


def file(data: int, flavour: str, path: str, mode: int, uid: int, gid: int) -> Answer:  # noqa: ARG001, PLR0917
    """Write the data pipe to a new file."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as made:
        made.writelines(_chunks(data))
        os.fchown(made.fileno(), uid, gid)
        os.fchmod(made.fileno(), mode)
    return {}


def cache(_data: int, flavour: str, path: str, mode: int, uid: int, gid: int) -> Answer:  # noqa: ARG001
    """Make a cache mount's directory where it is missing."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return {}
    os.chown(path, uid, gid)
    os.chmod(path, mode)
    return {}


def export(data: int, flavour: str, layers: list[str], empty: str) -> Answer:  # noqa: ARG001
    """Write the tree of the layers to the data pipe as a tar."""
    from hull.images.packing import Packer, Policy

    fd = Root(_read_only(layers, empty)).find("/").directory
    with open(os.dup(data), "wb") as sink:
        packer = Packer(sink, Policy(marks=False))
        packer.directory(fd)
        packer.close()
    return {}


def remove(_data: int, flavour: str, paths: list[str]) -> Answer:  # noqa: ARG001
    """Remove everything below the directories, and them where that is allowed."""
    from contextlib import suppress

    from hull.images import unpacker

    unpacker.empty(*paths)
    for path in paths:
        with suppress(OSError):
            os.rmdir(path)
    return {}


TASKS: dict[str, Callable[..., Answer]] = {
    one.__name__: one for one in (prepare, place, copy, digest, directory, seal, squash, file, cache, export, remove)
}

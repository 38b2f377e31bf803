"""What a container's mounts are on this host at a start: directories that are there, layers, places to write to."""

import os

from hull import log
from hull.engine import Engine
from hull.errors import UserError
from hull.light import NamedTuple
from hull.model import Identity, Mount
from hull.state.containers import Container
from hull.storage import volumes

SELINUX = "/sys/fs/selinux/enforce"


class Start(NamedTuple):
    """One start of a container."""

    engine: Engine
    row: Container
    directory: str
    identity: Identity

    def note(self, kind: str, text: str) -> None:
        """Tell the caller something."""
        self.engine.events(log.Event(kind, self.row.name, text))


def attach(start: Start) -> tuple[Mount, ...]:
    """Return the mounts with what is theirs here made, or found."""
    mounts = start.row.spec.mounts
    if any("relabel" in mount.options for mount in mounts):
        _relabel(start)
    return tuple(_attach(start, mount, number) for number, mount in enumerate(mounts))


def _relabel(start: Start) -> None:
    if os.path.exists(SELINUX):
        start.note("warning", "z and Z: nothing is relabelled here; chcon -Rt container_file_t PATH does it")
    else:
        start.note("note", "z and Z have no effect: this machine has no SELinux")


def _attach(start: Start, mount: Mount, number: int) -> Mount:
    if mount.kind == "volume":
        return _volume(start, mount)
    if mount.kind == "image":
        return _image(start, mount, number)
    if mount.kind == "bind":
        return _bind(start, mount, number)
    return mount


def _bind(start: Start, mount: Mount, number: int) -> Mount:
    if not os.path.lexists(mount.source):
        if "create" not in mount.options:
            raise UserError(f"cannot mount {mount.source}: no such file or directory", f"mkdir -p {mount.source}")
        try:
            os.makedirs(mount.source, exist_ok=True)
        except OSError as error:
            raise UserError(f"cannot make {mount.source}: {error.strerror}", "name a directory that is there") from None
    if "overlay" not in mount.options:
        return mount
    if not os.path.isdir(mount.source):
        raise UserError(f"cannot lay changes over {mount.source}: not a directory", "leave O out")
    return _written(start, mount, number, (mount.source,))


def _written(start: Start, mount: Mount, number: int, lowers: tuple[str, ...]) -> Mount:
    """Give the mount an upper directory of the container's own; a later start finds it again."""
    from hull.storage import overlay

    place = f"{start.directory}/mounts/{number}"
    if not os.path.isdir(place):
        os.makedirs(os.path.dirname(place), 0o711 if overlay.owner_of(start.identity) else 0o700, exist_ok=True)
        overlay.prepare(place, start.identity, lowers[0])
    words = (*(f"lower={path}" for path in lowers), f"upper={place}/upper", f"work={place}/work")
    return mount._replace(options=(*mount.options, *words))


def pinned(engine: Engine, mount: Mount, flavour: str) -> Mount:
    """Return an image's mount with the image that its name means now; later starts show the same."""
    if mount.kind != "image":
        return mount
    image = engine.images.resolve(mount.source, "missing", "", flavour)
    return mount._replace(options=(*mount.options, f"image={image.id}"))


def _image(start: Start, mount: Mount, number: int) -> Mount:
    ident = next((word[6:] for word in mount.options if word.startswith("image=")), mount.source)
    image = start.engine.images.resolve(ident, "never", "", start.identity.layer_flavour)
    lowers = image.layers[::-1]
    if not lowers:
        raise UserError(f"cannot mount the image {mount.source}: it has no files", "name another one")
    if start.identity.flavour == "keep-id":
        start.note("warning", f"the files of {mount.source} show shifted owners: --userns keep-id moves them")
    if not mount.readonly:
        return _written(start, mount, number, lowers)
    return mount._replace(options=(*mount.options, *(f"lower={path}" for path in lowers)))


def _volume(start: Start, mount: Mount) -> Mount:
    from hull.storage import overlay

    owner = overlay.owner_of(start.identity)
    if not mount.source:  # of the first version's rows
        anonymous = f"{start.directory}/volumes/{mount.target.strip('/').replace('/', '_')}"
        return mount._replace(source=volumes.make(anonymous, owner))
    if "own" in mount.options:
        start.note("warning", f"U gives all of the volume {mount.source} to the container's user")
    found, new = _found(start.engine, mount, owner)
    if new:
        start.engine.history.add("volume", "create", found.name, {"driver": "local"})
    if found.options:
        return _bound(found, mount)
    return mount._replace(source=found.path)


def _found(engine: Engine, mount: Mount, owner: volumes.Owner) -> tuple[volumes.Volume, bool]:
    if not any(word.startswith(("label:", "opt:")) for word in mount.options):
        return engine.volumes.ensure(mount.source, owner, {}, {})
    from hull.storage import drivers

    labels = dict(word[6:].partition("=")[::2] for word in mount.options if word.startswith("label:"))
    options = drivers.read(tuple(word[4:] for word in mount.options if word.startswith("opt:")))
    return engine.volumes.ensure(mount.source, owner, labels, options)


def _bound(found: volumes.Volume, mount: Mount) -> Mount:
    """Return the mount of a volume that stands for a directory of the host: never filled, never given away."""
    from hull.storage import drivers

    bound = drivers.bound(found.options)
    if bound is None or not os.path.isdir(bound.device):
        raise UserError(
            f"cannot mount the volume {found.name}: {found.device} is no directory", f"mkdir -p {found.device}"
        )
    if "own" in mount.options:
        raise UserError(f"cannot give {found.device} away: the files are this machine's own", "leave U out")
    words = (*(word for word in mount.options if word != "anonymous"), "nocopy", *bound.words)
    return mount._replace(source=bound.device, readonly=mount.readonly or bound.readonly, options=words)

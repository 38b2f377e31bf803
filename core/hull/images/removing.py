"""Remove images, and the layers and documents that none needs any more."""

import os
import time

from hull.errors import Conflict, UserError
from hull.images import reference, telling
from hull.images.layers import NAME, SCRATCH
from hull.light import TYPE_CHECKING
from hull.paths import Paths
from hull.state import lockfiles
from hull.state.images import Images

if TYPE_CHECKING:
    from hull.images.layers import Layers
    from hull.images.store import ImageStore


class NamedSeveralTimes(Conflict):
    """Several references name an image that was to be removed by its id."""


class InUse(Conflict):
    """A container uses an image that was to be removed. `image` is its id, `container` one of those that use it."""

    image = container = ""


FLAVOURS = ("range", "single")
_FRESH = 5  # seconds in which a container's row may precede its directory


def remove(store: "ImageStore", paths: Paths, name: str, *, force: bool) -> list[str]:
    """Remove a reference, and the image with its last one. By id: all its references, several only with `force`.

    An image that a container uses is refused; with `force` it loses its references and goes when the container does.
    """
    rows, ident = store.rows, store.known(name)
    keys = [key for key, _ in rows.tags(ident)]
    gone = _named(rows, name, keys)
    if gone is None:
        if len([key for key in keys if "@" not in key]) > 1 and not force:
            raise NamedSeveralTimes(
                f"cannot remove {name}: several references name it", f"hull rmi -f {name} removes all of them"
            )
        gone = keys
    last = len(gone) == len(keys)
    using = users(paths, rows, ident) if last else []
    if using and not force:
        raise _in_use(name, ident, using[0])
    rows.untag(gone)
    for _ in gone:
        telling.tell(store, "untag", ident)
    removed = [str(reference.parse(key)) for key in gone]
    if last and not using:
        rows.forget(ident)
        telling.tell(store, "delete", ident)
        removed.append(ident)
    store.clean()
    return removed


def by_id(rows: Images, name: str) -> bool:
    """Whether a name of an image that is here is its id, or the beginning of that, and no reference."""
    try:
        return not rows.tagged(reference.parse(name).key)
    except UserError:
        return True


def _named(rows: Images, name: str, keys: list[str]) -> list[str] | None:
    """Return the keys a reference stands for, None if `name` is an id. A name's digests go with its last tag."""
    if by_id(rows, name):
        return None
    parsed = reference.parse(name)
    mine = [key for key in keys if key.startswith((f"{parsed.name}:", f"{parsed.name}@"))]
    tags = [key for key in mine if "@" not in key]
    return mine if tags == [parsed.key] else [parsed.key]


def _in_use(name: str, ident: str, user: str) -> InUse:
    error = InUse(f"cannot remove {name}: the container {user} uses it", f"hull rm {user}, or hull rmi -f {name}")
    error.image, error.container = ident, user
    return error


def users(paths: Paths, rows: Images, ident: str) -> list[str]:
    """Return the names of the containers that use an image; a row whose directory is gone is a memory."""
    fresh = time.time() - _FRESH
    return [user.name for user in rows.users(ident) if user.created > fresh or os.path.isdir(paths.container(user.id))]


def clean(paths: Paths, rows: Images, layers: "Layers") -> None:
    """Remove unreferenced layers and documents and the scratch of the dead; nothing while an image is being brought."""
    from hull.images import blobs, tars
    from hull.images.store import LOCK

    with lockfiles.held(paths.locks, LOCK, wait=False) as alone:
        if not alone:
            return
        for layer in rows.unused_layers():
            rows.forget_layer(layer)
        kept = {(layer.flavour, layer.directory) for layer in rows.layers()}
        for flavour in FLAVOURS:
            base = paths.layers(flavour)
            names = [name for name in os.listdir(base) if _ours(name) and (flavour, name) not in kept]
            layers.discard([f"{base}/{name}" for name in names], flavour)
        images = rows.all()
        digests = {tag.partition("@")[2] for tag, _ in rows.tags()}
        splits = {tars.name(layer.diff_id) for layer in rows.layers()}
        blobs.keep_only(paths, digests | splits | {image.id for image in images} | {image.manifest for image in images})


def _ours(name: str) -> bool:
    return name.startswith(SCRATCH) or (len(name) == NAME and not name.strip("0123456789abcdef"))

"""Stores of somebody else's under one's own: what they hold is listed and run, and they are never written.

Layers that the caller owns are used where they are. Those of another user belong to nobody in the caller's user
namespace, and overlayfs copies up no file of nobody's: such an image is unpacked into the caller's own store first,
from layers that were unpacked for a single id, which note the owners that the image says.
"""

import os

from hull import log
from hull.errors import HullError
from hull.images import blobs, converting, imageconfig, tars
from hull.images.layers import name_of
from hull.light import TYPE_CHECKING
from hull.model import Image
from hull.paths import Paths
from hull.state.readonly import ReadOnly

if TYPE_CHECKING:
    from hull.images.child import Confine
    from hull.images.store import ImageStore

VARIABLE = "HULL_SHARED_STORES"  # directories as HULL_ROOT names one, joined by colons


def roots(paths: Paths) -> list[str]:
    """Return the directories of the stores: of the environment, else of config.toml's [store] shared."""
    if VARIABLE in os.environ:
        return [root for root in os.environ[VARIABLE].split(":") if root]
    if not os.path.exists(f"{paths.config}/config.toml"):
        return []
    from hull import config

    return list(config.load(paths.config).shared)


def stores(paths: Paths, events: log.Events, confine: "Confine") -> "list[ImageStore]":
    """Return the stores; one that cannot be read is passed over with a warning."""
    from hull.images.store import ImageStore

    found = []
    for root in roots(paths):
        places = Paths(os.path.abspath(root), paths.runtime, paths.config)
        try:
            found.append(ImageStore(places, ReadOnly(places.database), events, confine, stacked=True))
        except HullError as error:
            events(log.Event("warning", root, error.message))
    return found


def use(own: "ImageStore", name: str, flavour: str) -> Image | None:
    """Return an image of the first store that has it, None where none has."""
    for store in own.shared:
        ident = store.identify(name)
        if not ident:
            continue
        found = store.ready(ident, name, flavour)
        if found is not None and _mine(found):
            return found
        if store.ready(ident, name, "single") is not None:
            return _copied(own, store, ident, "single", flavour)
    return None


def bring(own: "ImageStore", ident: str, flavour: str) -> None:
    """Unpack an image of another's store into one's own, where a new image is to be made of it."""
    for store in own.shared:
        found = store.ready(ident, ident, flavour)
        source = flavour if found is not None and _mine(found) else "single"
        if store.ready(ident, ident, source) is not None:
            _copied(own, store, ident, source, flavour)
            return


def copy_row(own: "ImageStore", store: "ImageStore", ident: str) -> None:
    """Record an image of another's store in one's own, with its manifest; its layers stay where they are."""
    record = store.rows.get(ident)
    if record is None:
        return
    body = blobs.get(store.paths, record.manifest) if record.manifest else None
    with own.bringing():
        if body is not None:
            blobs.put(own.paths, record.manifest, body)
        own.rows.copy(record if body is not None else record._replace(manifest=""))


def _mine(found: Image) -> bool:
    """Whether the layers are the caller's own: overlayfs copies up no file of nobody's."""
    return all(os.stat(layer).st_uid == os.geteuid() != 0 for layer in found.layers)


def _copied(own: "ImageStore", store: "ImageStore", ident: str, source: str, flavour: str) -> Image | None:
    """Unpack an image into one's own store from another's layers of the id map `source`."""
    record = store.rows.get(ident)
    if record is None:
        return None
    _, _, digits = ident.partition(":")
    own.tell(log.Event("note", digits[:12], f"{digits[:12]} is unpacked from the shared store into your own"))
    diff_ids = list(imageconfig.parse(record.config.encode()).diff_ids)
    try:
        with own.bringing():
            for layer in store.rows.unpacked(diff_ids, source).values():
                directory = f"{store.paths.layers(source)}/{layer.directory}"
                with own.layers.alone(name_of(layer.diff_id), flavour):
                    if not own.layers.usable(layer.diff_id, flavour, layer.chain):
                        ways = tars.of(store.paths, own.confine, source, directory, layer.diff_id)
                        converting.take(own.layers, flavour, layer, ways)
            keys = [key for key, _ in store.rows.tags(ident)]
            own.rows.add(record._replace(manifest=""), diff_ids, keys, flavour)
    finally:
        own.clean()
        own.settle()
    return own.ready(ident, ident, flavour)

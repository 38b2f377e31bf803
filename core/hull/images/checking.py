"""Look whether the store is what its rows say: layers by the digest of their files, documents by their own.

Files without a row are no damage: whoever was killed left them, and they are removed, as the next pull would.
"""

import json

from hull import log
from hull.images import blobs, imageconfig, reference, settling
from hull.light import TYPE_CHECKING, NamedTuple
from hull.state.images import ImageRecord, LayerRecord, matching, trusted

if TYPE_CHECKING:
    from hull.images.child import Confine
    from hull.images.store import ImageStore
    from hull.paths import Paths

FLAVOURS = ("range", "single")


class Problem(NamedTuple):
    """Something that is not as it should be. `kind` is layer, document or image; `key` its digest or id."""

    kind: str
    key: str
    flavour: str
    text: str
    images: tuple[str, ...]


class Checker:
    """One look at a store."""

    def __init__(self, store: "ImageStore", paths: "Paths", confine: "Confine", events: log.Events) -> None:
        self._store, self._paths, self._confine, self._events = store, paths, confine, events

    def problems(self) -> list[Problem]:
        """Return everything that is wrong; what a killed process left is removed first."""
        self._store.clean()
        self._store.settle()
        images = self._store.rows.all()
        holders: dict[str, list[str]] = {}
        for image in images:
            for diff_id in layers_of(image):
                holders.setdefault(diff_id, []).append(image.id)
        found = [problem for layer in self._store.rows.layers() if (problem := self._layer(layer, holders))]
        for image in images:
            found += [*self._lacking(image), *self._documents(image)]
        return found

    def _layer(self, layer: LayerRecord, holders: dict[str, list[str]]) -> Problem | None:
        name = layer.directory[:12]
        self._events(log.Event("progress", name, "checking", 0, layer.size))
        if trusted(layer.mark):
            tree = settling.digest(self._paths, self._confine, layer)
            whole = bool(tree) and layer.tree in ("", tree)
            if whole and not layer.tree and not layer.mark:
                self._store.rows.proven(layer, tree)
        else:
            whole = settling.proved(self._paths, self._store.rows, self._confine, layer)
            tree = "" if whole else settling.digest(self._paths, self._confine, layer)
        self._events(log.Event("progress", name, "done", layer.size, layer.size))
        if whole:
            return None
        text = "its files are not what was unpacked" if tree else "its directory is missing"
        images = tuple(holders.get(layer.diff_id, ()))
        return Problem("layer", layer.diff_id, layer.flavour, f"layer {name}: {text}", images)

    def _lacking(self, image: ImageRecord) -> list[Problem]:
        layers = [layer for store in (self._store, *self._store.shared) for layer in store.rows.layers()]
        here = matching(layers, layers_of(image))
        return [
            Problem("layer", diff_id, "", f"layer {diff_id[7:19]}: it is not here", (image.id,))
            for diff_id in dict.fromkeys(layers_of(image))
            if diff_id not in here
        ]

    def _documents(self, image: ImageRecord) -> list[Problem]:
        keys = [key for key, _ in self._store.rows.tags(image.id)]
        wanted = {image.manifest, *(key.partition("@")[2] for key in keys)} - {""}
        return [
            Problem("document", digest, "", f"manifest {digest[7:19]}: it is missing or damaged", (image.id,))
            for digest in sorted(wanted)
            if blobs.get(self._paths, digest) is None
        ]


def layers_of(image: ImageRecord) -> list[str]:
    """Return the diff ids of an image, lowest first."""
    return [str(diff_id) for diff_id in imageconfig.layers(json.loads(image.config))]


def names_of(store: "ImageStore", idents: tuple[str, ...]) -> str:
    """Return images as people call them."""
    found = []
    for ident in idents:
        tags = [str(reference.parse(key)) for key, _ in store.rows.tags(ident) if "@" not in key]
        found.append(tags[0] if tags else ident[7:19])
    return ", ".join(found)

"""What becomes of images, told to `hull events` in Docker's words."""

from hull.images import imageconfig
from hull.light import TYPE_CHECKING
from hull.state.events import Events

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hull.images.store import ImageStore


def tell(store: "ImageStore", action: str, ident: str, name: str = "") -> None:
    """Tell that an image, by its id, was loaded, saved, imported, untagged, deleted or tagged; `name` as what."""
    found, _ = imageconfig.image(ident, "", store.rows.config(ident))
    labels = dict(label.partition("=")[::2] for label in found.labels)
    Events(store.paths).add("image", action, ident, {**labels, "name": name or ident})


def tagged(store: "ImageStore", ident: str, keys: "Iterable[str]") -> None:
    """Tell that an image was given names."""
    from hull.images import reference

    for key in keys:
        tell(store, "tag", ident, str(reference.parse(key)))


def moved(store: "ImageStore", action: str, name: str, repository: str) -> None:
    """Tell of a pull or a push: they have a reference, no id."""
    Events(store.paths).add("image", action, name, {"name": repository})

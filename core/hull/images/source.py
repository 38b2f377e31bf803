"""An image as a source offers it: what the store adopts, wherever it comes from."""

from collections.abc import Callable, Iterator

from hull.errors import RegistryError
from hull.images import imageconfig
from hull.images.imageconfig import Config
from hull.images.layers import Wanted
from hull.light import NamedTuple


class Offer(NamedTuple):
    """One image: its checked config and its layers' bytes, lowest first; `blobs` are documents to keep, by digest."""

    config: Config
    layers: tuple[Wanted, ...]
    manifest: str = ""
    blobs: tuple[tuple[str, bytes], ...] = ()
    keys: tuple[str, ...] = ()


class Part(NamedTuple):
    """One layer before its config is known: a label, a size, and its bytes when asked."""

    label: str
    total: int
    fetch: Callable[[], Iterator[bytes]]


def offer(
    config: bytes, parts: list[Part], manifest: str, blobs: list[tuple[str, bytes]], keys: tuple[str, ...] = ()
) -> Offer:
    """Match a config with its layers; a count that differs is an error."""
    checked = imageconfig.parse(config)
    if len(checked.diff_ids) != len(parts):
        raise RegistryError(
            f"cannot use the image: {len(parts)} layers, but its config names {len(checked.diff_ids)}",
            "the image is damaged or hostile: pull it from its source",
        )
    layers = tuple(Wanted(diff_id, *part) for diff_id, part in zip(checked.diff_ids, parts, strict=True))
    return Offer(checked, layers, manifest, ((checked.id, config), *blobs), keys)

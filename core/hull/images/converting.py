"""Give an image that is here to another id map: its layers are packed under one and unpacked under the other."""

from collections.abc import Iterator
from contextlib import suppress

from hull.errors import HullError
from hull.images import tars
from hull.images.layers import name_of
from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from hull.images.child import Confine
    from hull.images.layers import Layers
    from hull.paths import Paths
    from hull.state.images import Images, LayerRecord

OTHER = {"range": "single", "single": "range"}


def convert(  # noqa: PLR0917 (the parts of a store)
    paths: "Paths", rows: "Images", layers: "Layers", confine: "Confine", diff_ids: list[str], flavour: str
) -> bool:
    """Unpack every missing layer for `flavour` from the other flavour's; False if one is in neither."""
    source = OTHER[flavour]
    here, there = rows.unpacked(diff_ids, flavour), rows.unpacked(diff_ids, source)
    missing = [diff_id for diff_id in dict.fromkeys(diff_ids) if diff_id not in here]
    if any(diff_id not in there for diff_id in missing):
        return False
    for diff_id in missing:
        with layers.alone(name_of(diff_id), flavour):
            if not layers.usable(diff_id, flavour, there[diff_id].chain):
                directory = f"{paths.layers(source)}/{there[diff_id].directory}"
                take(layers, flavour, there[diff_id], tars.of(paths, confine, source, directory, diff_id))
    return True


def take(layers: "Layers", flavour: str, layer: "LayerRecord", ways: Iterator[tuple[bool, Iterator[bytes]]]) -> None:
    """Unpack a layer as it is elsewhere and publish it under the same name; its lock is held.

    The very tar is the best one, unless it asks the layers below: what they said is in the files that it has now.
    """
    diff_id, name = layer.diff_id, layer.directory
    for exact, tar in ways:
        scratch = layers.scratch(flavour, name)
        try:
            result = layers.unpack(scratch, flavour, tar)
            same = result["diff_id"] == diff_id
            if exact and not (same and not result["links"]):
                continue
            result |= {"diff_id": diff_id, "split": result["split"] if same else ""}
            layers.publish(scratch, name, flavour, result, layer.chain)
        except BaseException as error:
            with suppress(HullError):  # what stays is scratch of the dead to the next pull
                layers.discard([scratch], flavour)
            if not (exact and isinstance(error, HullError)):
                raise
            continue
        return

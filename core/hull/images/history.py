"""The steps that made an image, as its config tells them, each with the size of its layer."""

from hull.errors import Missing
from hull.images import imageconfig
from hull.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hull.state.images import Images

MISSING = "<missing>"


class Step(NamedTuple):
    """One step. `created` is seconds since the epoch, 0 where nobody said; `size` bytes unpacked, 0 without a layer."""

    id: str
    created: float
    created_by: str
    size: int
    comment: str


def steps(rows: "Images", ident: str) -> list[Step]:
    """Return an image's steps, the newest first. A layer that the history does not tell of is a step, too."""
    import json

    record = rows.get(ident)
    if record is None:
        raise Missing(f"no such image: {ident}", "hull images lists them")
    config = json.loads(record.config)
    told = [item for item in config.get("history") or () if isinstance(item, dict)]
    sizes = {layer.diff_id: layer.size for layer in rows.layers()}
    layers = [sizes.get(diff_id, 0) for diff_id in imageconfig.layers(config)]
    spoken = sum(not item.get("empty_layer") for item in told)
    told += [{"created": config.get("created")}] * (len(layers) - spoken)
    found, left = [], iter(layers)
    for item in told:
        size = 0 if item.get("empty_layer") else next(left, 0)
        words = [str(item.get(key) or "") for key in ("created_by", "comment")]
        found.append(Step(MISSING, seconds(item.get("created")), words[0], size, words[1]))
    if found:
        found[-1] = found[-1]._replace(id=ident)
    return found[::-1]


def seconds(text: object) -> float:
    """Return the time that a config states, 0 for one that nobody can read."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except (ValueError, OverflowError):
        return 0.0

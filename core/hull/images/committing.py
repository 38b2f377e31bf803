"""Make an image of an image and one more layer: what `commit` adds to a container's own."""

import json
from collections.abc import Iterator

from hull.errors import UserError
from hull.images import changes, imageconfig, reference, telling
from hull.images.source import Offer
from hull.light import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from hull.images.changes import Expand
    from hull.images.layers import Wanted
    from hull.images.store import ImageStore
    from hull.state.images import ImageRecord


ORIGIN = ("parent", "container", "container_config")


class Commit(NamedTuple):
    """What is added: `base` the image's id, `run` what the container changes in its config, and what the user says.

    `container` is its id. It and the base's are kept where Docker keeps them, for who asks whence an image came.
    """

    base: str
    run: dict[str, Any]
    created_by: str
    changes: tuple[str, ...] = ()
    message: str = ""
    author: str = ""
    flavour: str = "range"
    container: str = ""
    expand: "Expand | None" = None


def run(store: "ImageStore", layer: Iterator[bytes], name: str, commit: Commit) -> str:
    """Unpack the layer, then adopt the new image; return its id."""
    keys = (reference.parse(name).key,) if name else ()
    config = json.loads(_base(store, commit).config)
    config["config"] = changed(config.get("config") or {}, commit)
    try:
        with store.bringing():
            diff_id = store.layers.bring(layer, commit.flavour)
            checked = imageconfig.parse(described(config, diff_id, commit))
            layers = tuple(_here(one) for one in checked.diff_ids)
            blobs = ((checked.id, checked.text.encode()),)
            found = Offer(checked, layers, "", blobs, keys)
            ident = store.adopt(found, name or checked.id, commit.flavour).id
            telling.tagged(store, ident, keys)
            return ident
    finally:
        store.clean()


def _base(store: "ImageStore", commit: Commit) -> "ImageRecord":
    """Return the image below; one of another's store is first unpacked here."""
    from hull.images import stacked

    holder = next((one for one in (store, *store.shared) if one.rows.get(commit.base)), None)
    record = None if holder is None else holder.rows.get(commit.base)
    if record is None:
        raise UserError("cannot commit: the image of the container is not here any more", "hull export, hull import")
    if holder is not store or store.ready(commit.base, commit.base, commit.flavour) is None:
        stacked.bring(store, commit.base, commit.flavour)
    return record


def changed(run: dict[str, Any], commit: Commit) -> dict[str, Any]:
    """Return the image's run config with the container's own in place, then the instructions applied, as Docker does.

    An ENTRYPOINT without a CMD takes the command away: it was another program's.
    """
    words = [text.split(maxsplit=1)[0].upper() for text in commit.changes if text.strip()]
    merged = {**run, **commit.run}
    if "ENTRYPOINT" in words and "CMD" not in words:
        merged.pop("Cmd", None)
    return changes.apply(commit.changes, merged, commit.expand)


def merged(said: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return a container's own config below what a client said in its place, as Docker merges them."""
    made = {**own, **{key: value for key, value in said.items() if value}}
    for key in ("ExposedPorts", "Labels", "Volumes"):
        both = {**(own.get(key) or {}), **(said.get(key) or {})}
        made.update({key: both} if both else {})
    if said.get("Env"):
        names = {word.partition("=")[0] for word in said["Env"]}
        made["Env"] = [*said["Env"], *(word for word in own.get("Env") or () if word.partition("=")[0] not in names)]
    if said.get("Entrypoint") and not said.get("Cmd"):
        made.pop("Cmd", None)
    if said.get("Healthcheck") and own.get("Healthcheck"):
        told = {key: value for key, value in said["Healthcheck"].items() if value}
        made["Healthcheck"] = {**own["Healthcheck"], **told}
    return made


def described(config: dict[str, Any], diff_id: str, commit: Commit) -> bytes:
    """Return the image config with one more layer and its history."""
    from datetime import UTC, datetime

    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    said = {"author": commit.author} if commit.author else {}
    comment = {"comment": commit.message} if commit.message else {}
    history = [*(config.get("history") or []), {"created": now, "created_by": commit.created_by, **said, **comment}]
    diff_ids = [*imageconfig.layers(config), diff_id]
    kept = {key: value for key, value in config.items() if key not in ("author", "comment", *ORIGIN)}
    origin = {"parent": commit.base, "container": commit.container, "container_config": commit.run}
    new = {
        **kept,
        **(origin if commit.container else {}),
        "created": now,
        **said,
        **comment,
        "history": history,
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    }
    return json.dumps(new, separators=(",", ":"), ensure_ascii=False).encode()


def _here(diff_id: str) -> "Wanted":
    """Return a layer that is here already: were it not, its empty content would fail the check of its digest."""
    from hull.images.layers import Wanted

    return Wanted(diff_id, diff_id[7:19], 0, lambda: iter(()))

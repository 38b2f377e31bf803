"""Steps shared through a registry or a directory: an image whose config says which of its layers each step made.

That is one that nobody runs, or, inline, the built image itself. Whoever takes steps from a place trusts it to say what
a step makes, as with any image of it.
"""

import json
import os

from hull import log
from hull.builder import layouts
from hull.builder.granted import Granted
from hull.engine import Engine
from hull.errors import HullError, UserError
from hull.images import blobs, imageconfig, platforms, reference, saving
from hull.light import TYPE_CHECKING, Any, NamedTuple
from hull.state.images import ImageRecord
from hull.state.steps import Step

if TYPE_CHECKING:
    from hull.images.layers import Wanted
    from hull.images.source import Offer

FIELD = "hull.steps"
TAG = "latest"
WORDS = {"registry": ("ref",), "local": ("tag",), "inline": ()}  # what each kind's words are


class Place(NamedTuple):
    """Where steps are left or taken from: `kind` registry (a reference), local (a directory) or inline (the image)."""

    kind: str
    where: str
    tag: str = ""


class Shared:
    """What others know; asked when the first step is not known here. A place that has nothing is a warning."""

    def __init__(self, engine: Engine, places: tuple[Place, ...], flavour: str, granted: Granted) -> None:
        self._engine, self._places, self._flavour, self._granted = engine, list(places), flavour, granted
        self._steps: dict[str, Step] = {}
        self._layers: dict[str, Wanted] = {}

    def find(self, key: str) -> Step | None:
        """Return a step whose layer is here now, None where nobody knows it."""
        while self._places:
            self._read(self._places.pop(0))
        step = self._steps.get(key)
        if step is not None and step.diff_id:
            self._engine.images.layers.ensure([self._layers[step.diff_id]], self._flavour)
        return step

    def _read(self, place: Place) -> None:
        try:
            found = self._offer(place)
        except HullError as error:
            self._engine.events(log.Event("warning", place.where, f"no steps: {error.message}"))
            return
        layers = {one.diff_id: one for one in found.layers}
        known: Any = json.loads(found.config.text).get(FIELD)
        for key, row in known.items() if isinstance(known, dict) else ():
            step = _step(key, row)
            if step is not None and (not step.diff_id or step.diff_id in layers):
                self._steps.setdefault(key, step)
        self._layers = {**layers, **self._layers}

    def _offer(self, place: Place) -> "Offer":
        from hull import config
        from hull.images import pulling

        if place.kind == "local":
            return layouts.find(f"{place.where}:{place.tag}" if place.tag else place.where, platforms.host())
        settings = config.load(self._engine.paths.config)
        parsed = reference.parse(place.where)
        who = self._granted.credentials(parsed.registry)
        return pulling.find(parsed, platforms.host(), settings, exact=False, credentials=who)


def _step(key: str, row: Any) -> Step | None:
    sound = isinstance(row, list) and [type(one) for one in row] == [str, str, float]
    return Step(key, row[0], row[1], row[2]) if sound else None


def known(steps: list[Step], diff_ids: list[str]) -> dict[str, list[Any]]:
    """Return what the field says of those steps whose layers are among these."""
    return {
        step.key: [step.diff_id, step.text, float(step.created)]
        for step in steps
        if not step.diff_id or step.diff_id in diff_ids
    }


def send(engine: Engine, steps: list[Step], place: Place, flavour: str, granted: Granted) -> None:
    """Leave steps with their layers at a place that is none of the image."""
    here = platforms.host()
    diff_ids = sorted({step.diff_id for step in steps if step.diff_id})
    document = {
        "os": here.os, "architecture": here.architecture, "config": {},
        "rootfs": {"type": "layers", "diff_ids": diff_ids}, FIELD: known(steps, diff_ids),
    }  # fmt: skip
    checked = imageconfig.parse(json.dumps(document, separators=(",", ":")).encode())
    blobs.put(engine.paths, checked.id, checked.text.encode())
    engine.images.rows.add(ImageRecord(checked.id, "", checked.text, 0, 0), diff_ids, [], flavour)
    try:
        if place.kind == "local":
            bench = saving.Shop(engine.images, engine.events, "gzip")
            layouts.write(saving.oci_layout(bench, [saving.Chosen(checked.id, ())]), place.where, place.tag or TAG)
        else:
            push(engine, checked.id, reference.parse(place.where), granted)
    finally:
        engine.images.rows.forget(checked.id)


def push(engine: Engine, ident: str, target: reference.Reference, granted: Granted) -> str:
    """Push an image; return the digest of its manifest."""
    from hull import config
    from hull.images import pushing
    from hull.images.pushing_layers import Bench
    from hull.state.sources import Sources

    settings = config.load(engine.paths.config)
    bench = Bench(engine.paths, engine.images, Sources(engine.db), engine.confine, engine.events, settings)
    who = granted.credentials(target.registry)
    return pushing.push(bench._replace(credentials=who), ident, target).digest


def parse(word: str, *, taken: bool) -> Place:
    """Read --cache-from (`taken`) and --cache-to: a reference, type=registry,ref=…, type=local,src=…|dest=…, inline.

    `mode` is read and means nothing: all steps are left, but of an image by itself (inline) its own.
    """
    if "=" not in word:
        return Place("registry", word) if word != "inline" or taken else Place("inline", "")
    fields = dict(part.partition("=")[::2] for part in word.split(","))
    kind, side = fields.get("type", "registry"), "src" if taken else "dest"
    where = fields.get({"registry": "ref", "local": side}.get(kind, ""), "")
    allowed = {"type", "mode", *WORDS.get(kind, ()), *((side,) if kind == "local" else ())}
    if kind not in WORDS or not fields.keys() <= allowed or (kind == "inline") == bool(where or taken):
        ways = f"type=registry,ref=HOST/NAME:TAG, type=local,{side}=DIR{'' if taken else ' or type=inline'}"
        raise UserError(f"cannot share steps by {word!r}", f"write {ways}")
    return Place(kind, os.path.abspath(where) if kind == "local" else where, fields.get("tag", ""))

"""Steps shared through a registry: an image that nobody runs, whose config says which of its layers each step made.

Whoever takes steps from a registry trusts it to say what a step makes, as with any image of it.
"""

import json

from hull import log
from hull.engine import Engine
from hull.errors import HullError, UserError
from hull.images import blobs, imageconfig, platforms, reference
from hull.light import TYPE_CHECKING, Any
from hull.state.images import ImageRecord
from hull.state.steps import Step

if TYPE_CHECKING:
    from hull.images.layers import Wanted

FIELD = "hull.steps"


class Shared:
    """What registries know; asked when the first step is not known here. One that has nothing is a warning."""

    def __init__(self, engine: Engine, references: tuple[str, ...], flavour: str) -> None:
        self._engine, self._references, self._flavour = engine, list(references), flavour
        self._steps: dict[str, Step] = {}
        self._layers: dict[str, Wanted] = {}

    def find(self, key: str) -> Step | None:
        """Return a step whose layer is here now, None where no registry knows it."""
        while self._references:
            self._read(self._references.pop(0))
        step = self._steps.get(key)
        if step is not None and step.diff_id:
            self._engine.images.layers.ensure([self._layers[step.diff_id]], self._flavour)
        return step

    def _read(self, name: str) -> None:
        from hull import config
        from hull.images import pulling

        settings = config.load(self._engine.paths.config)
        try:
            found = pulling.find(reference.parse(name), platforms.host(), settings, exact=False)
        except HullError as error:
            self._engine.events(log.Event("warning", name, f"no steps: {error.message}"))
            return
        layers = {one.diff_id: one for one in found.layers}
        known: Any = json.loads(found.config.text).get(FIELD)
        for key, row in known.items() if isinstance(known, dict) else ():
            step = _step(key, row)
            if step is not None and (not step.diff_id or step.diff_id in layers):
                self._steps.setdefault(key, step)
        self._layers = {**layers, **self._layers}


def _step(key: str, row: Any) -> Step | None:
    sound = isinstance(row, list) and [type(one) for one in row] == [str, str, float]
    return Step(key, row[0], row[1], row[2]) if sound else None


def send(engine: Engine, steps: list[Step], name: str, flavour: str) -> None:
    """Push steps with their layers under a reference."""
    from hull import config
    from hull.images import pushing
    from hull.images.pushing_layers import Bench
    from hull.state.sources import Sources

    target, here = reference.parse(name), platforms.host()
    diff_ids = sorted({step.diff_id for step in steps if step.diff_id})
    known = {step.key: [step.diff_id, step.text, float(step.created)] for step in steps}
    document = {
        "os": here.os, "architecture": here.architecture, "config": {},
        "rootfs": {"type": "layers", "diff_ids": diff_ids}, FIELD: known,
    }  # fmt: skip
    checked = imageconfig.parse(json.dumps(document, separators=(",", ":")).encode())
    images = engine.images
    blobs.put(engine.paths, checked.id, checked.text.encode())
    images.rows.add(ImageRecord(checked.id, "", checked.text, 0, 0), diff_ids, [], flavour)
    settings = config.load(engine.paths.config)
    bench = Bench(engine.paths, images, Sources(engine.db), engine.confine, engine.events, settings)
    try:
        pushing.push(bench, checked.id, target)
    finally:
        images.rows.forget(checked.id)


def parse(word: str) -> str:
    """Read --cache-from and --cache-to: a reference, or type=registry,ref=REFERENCE."""
    if "=" not in word:
        return word
    fields = dict(part.partition("=")[::2] for part in word.split(","))
    if fields.get("type", "registry") != "registry" or not fields.get("ref"):
        raise UserError(f"cannot share steps by {word!r}", "write type=registry,ref=HOST/NAME:TAG, or HOST/NAME:TAG")
    return fields["ref"]

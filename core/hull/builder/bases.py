"""What a stage begins with: an image of the store or a registry, one of an OCI layout, or nothing."""

import json
import threading

from hull.builder import layouts
from hull.builder.asked import Asked
from hull.builder.state import State, scratch
from hull.builder.workshop import Layer, Workshop
from hull.errors import UserError
from hull.images import imageconfig, platforms


class Bases:
    """The images that one build begins with. Safe from several threads: one is brought at a time."""

    def __init__(self, shop: Workshop, asked: Asked) -> None:
        self._shop, self._asked = shop, asked
        self._turn = threading.Lock()
        self._brought: dict[str, str] = {}
        self._guests: list[str] = []

    def image(self, word: str, platform: str = "") -> State:
        """Return the state that an image, or scratch, begins with."""
        wanted = platform or self._asked.platform
        if word == "scratch":
            found = platforms.parse(wanted) if wanted else platforms.host()
            return State(scratch(found), [], self._asked.epoch)
        with self._turn:
            pull = "always" if self._asked.pull else "missing"
            who = self._shop.granted.credentials
            image = self._shop.engine.images.resolve(word, pull, wanted, self._shop.flavour, who)
            return self._state(image.id, word)

    def layout(self, word: str) -> State:
        """Return the state that an image of an OCI layout (`DIR[:TAG]`) begins with; it goes with the build."""
        images = self._shop.engine.images
        with self._turn:
            if word not in self._brought:
                asked = self._asked.platform
                found = layouts.find(word, platforms.parse(asked) if asked else platforms.host())
                if images.rows.get(found.config.id) is None:
                    self._guests.append(found.config.id)
                self._brought[word] = images.adopt(found, f"oci-layout://{word}", self._shop.flavour).id
            return self._state(self._brought[word], word)

    def close(self) -> None:
        """Let go of the images that came for this build alone."""
        for ident in self._guests:
            self._shop.engine.images.rows.forget(ident)

    def _state(self, ident: str, word: str) -> State:
        rows = self._shop.engine.images.rows
        record = rows.get(ident)
        if record is None:
            raise UserError(f"cannot build on {word}: it was removed meanwhile", "try again")
        document = json.loads(record.config)
        diff_ids = imageconfig.layers(document)
        base = self._shop.engine.paths.layers(self._shop.flavour)
        here = rows.directories(diff_ids, self._shop.flavour) if diff_ids else {}
        state = State(document, [Layer(one, f"{base}/{here[one]}") for one in diff_ids], self._asked.epoch)
        state.ident = ident
        return state

"""The images that are here, and the way to get more.

A start that finds its image costs three queries, no network and no import. Everything that brings an image ends in
`adopt`: layers first, documents next, the row last, so that at any kill point the store shows whole images only.
"""

import os

from hull import log
from hull.errors import HostError, HullError, Missing, UserError
from hull.images import digests, imageconfig, reference
from hull.light import IO, TYPE_CHECKING, Any
from hull.model import Image
from hull.paths import Paths
from hull.state import chains
from hull.state.db import Database
from hull.state.images import ImageRecord, Images

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from hull.images.changes import Expand
    from hull.images.child import Confine
    from hull.images.credentials import Credentials
    from hull.images.layers import Layers
    from hull.images.pulling import Asked, Pulled
    from hull.images.source import Offer

    Who = Callable[[str], Credentials | None]

LOCK = "images"  # shared by whoever brings an image, exclusive for whoever cleans up
_HEX = frozenset("0123456789abcdef")


class ImageStore:
    """One user's images. `confine` starts a program as root of a user namespace: (argv, flavour, **popen_options)."""

    def __init__(
        self, paths: Paths, db: Database, events: log.Events, confine: "Confine", *, stacked: bool = False
    ) -> None:
        self.paths = paths
        self.confine = confine
        self._db = db
        self._rows = Images(db)
        self._events = events
        self._layers: Layers | None = None
        self._shared: list[ImageStore] | None = [] if stacked else None

    @property
    def rows(self) -> Images:
        """The rows, for those who list and remove."""
        return self._rows

    def resolve(
        self, name: str, pull: str = "missing", platform: str = "", flavour: str = "range", who: "Who | None" = None
    ) -> Image:
        """Return the image that a reference or an id means, pulled as the policy (missing, always, never) says.

        `who` says, of the registry that is asked, whose credentials are taken in place of what files hold.
        """
        if pull not in ("missing", "always", "never"):
            raise UserError(f"cannot use --pull {pull}", "choose missing, always or never")
        ident = self.identify(name) if pull != "always" else ""
        if ident and (found := self.ready(ident, name, flavour)) and self._fits(found, platform):
            return found
        if ident and self._proved(ident, flavour):
            return self.resolve(name, pull, platform, flavour, who)
        if ident and (found := self._converted(ident, name, flavour)) and self._fits(found, platform):
            return found
        if pull != "always" and (found := self._stacked(ident or name, name, flavour)) and self._fits(found, platform):
            return found
        if pull == "never":
            raise Missing(
                f"cannot use the image {name}: it is not here, and --pull never forbids to fetch it",
                f"hull pull {name}",
            )
        if ident and self._is_id(name):
            raise UserError(
                f"cannot use the image {name}: it was unpacked for another id map", "pull or load it again by name"
            )
        from hull.images.pulling import Asked

        return self.fetch(Asked(name, platform, flavour, who and who(reference.parse(name).registry))).image

    def identify(self, name: str) -> str:
        """Return the id of the image that a reference, an id or the start of an id means; "" for none."""
        digits = name.removeprefix("sha256:")
        if len(digits) == digests.LENGTHS["sha256"] and _HEX.issuperset(digits):
            return next(iter(self._rows.with_prefix(digits)), "")
        try:
            found = self._rows.tagged(reference.parse(name).key)
        except UserError:
            if not self._is_id(name):
                raise
            found = ""
        if found or not (digits and _HEX.issuperset(digits)):
            return found
        matches = self._rows.with_prefix(digits)
        if len(matches) > 1:
            raise UserError(f"cannot choose: {name} begins several image ids", "give more digits")
        return matches[0] if matches else ""

    def pull(self, name: str, platform: str = "", flavour: str = "range") -> Image:
        """Fetch an image from its registry, what is here already left out, and return it."""
        from hull.images.pulling import Asked

        return self.fetch(Asked(name, platform, flavour)).image

    def fetch(self, asked: "Asked") -> "Pulled":
        """Fetch an image, by whom and for which platform `asked` says."""
        from hull import config
        from hull.images import pulling
        from hull.state.sources import Sources

        return pulling.run(self, Sources(self._db), config.load(self.paths.config), asked)

    def load(self, source: "str | IO[bytes]", flavour: str = "range", platform: str = "") -> list[str]:
        """Take the images out of an archive (a path or an open file); return their references, or ids."""
        from hull.images import layouts, platforms, telling
        from hull.images.archive import Archive

        loaded: list[str] = []
        archive = Archive(source, self.paths.scratch)
        try:
            for found in layouts.offers(archive, platforms.parse(platform) if platform else platforms.host()):
                self.adopt(found, found.config.id, flavour)
                telling.tell(self, "load", found.config.id)
                names = [str(reference.parse(key)) for key in found.keys if "@" not in key]
                loaded += names or [found.config.id]
        finally:
            archive.close()
        return loaded

    def import_(
        self,
        source: "str | IO[bytes]",
        name: str = "",
        changes: tuple[str, ...] = (),
        *,
        message: str = "",
        platform: str = "",
        flavour: str = "range",
        expand: "Expand | None" = None,
    ) -> str:
        """Make an image of a root file system's tar (a path or an open file); return its id."""
        from hull.images import importing

        return importing.run(self, source, name, importing.Options(changes, message, platform, flavour, expand))

    def adopt(self, found: "Offer", label: str, flavour: str) -> Image:
        """Bring an offered image here, whole, and return it. On failure the store is as it was."""
        from hull.images import blobs

        try:
            with self.bringing():
                self.layers.ensure(list(found.layers), flavour)
                for digest, data in found.blobs:
                    blobs.put(self.paths, digest, data)
                diff_ids = list(found.config.diff_ids)
                record = ImageRecord(found.config.id, found.manifest, found.config.text, 0, 0)
                self._rows.add(record, diff_ids, list(found.keys), flavour)
        finally:
            self.clean()
            self.settle()
        ready = self.ready(found.config.id, label, flavour)
        if ready is None:
            raise HostError(f"cannot use {label}: its layers were removed meanwhile", "try again")
        return ready

    def bringing(self) -> "AbstractContextManager[bool]":
        """Keep others from cleaning up while an image comes."""
        from hull.state import lockfiles

        return lockfiles.held(self.paths.locks, LOCK, shared=True)

    @property
    def layers(self) -> "Layers":
        """The layers on the disk."""
        if self._layers is None:
            from hull.images.layers import Layers

            self._layers = Layers(self.paths, self._rows, self._events, self.confine)
        return self._layers

    def settle(self) -> None:
        """Let what is not on the disk get there behind everybody's back, what a killed process left marked, too."""
        if any(layer.mark for layer in self._rows.layers()):
            from hull.images import settling

            settling.start(self.paths)

    def clean(self) -> None:
        """Remove what no image needs and the scratch of the dead, unless somebody is bringing an image."""
        from hull.images import removing

        try:
            removing.clean(self.paths, self._rows, self.layers)
        except HullError as error:
            self._events(log.Event("warning", "images", f"{error.message}; the next pull or rmi tries again"))

    def remove(self, name: str, *, force: bool = False) -> list[str]:
        """Remove a reference, and with the last one the image; return what went, references first, then the id."""
        from hull.images import removing

        return removing.remove(self, self.paths, name, force=force)

    def tag(self, name: str, targets: tuple[str, ...]) -> None:
        """Give an image more names; one of another's store gets a row here, its files stay there."""
        from hull.images import naming, stacked, telling

        keys = naming.keys(targets)
        store, ident = self.holder(name)
        if store is not self:
            stacked.copy_row(self, store, ident)
        self._rows.name(ident, keys)
        telling.tagged(self, ident, keys)

    def untag(self, name: str, names: tuple[str, ...] = ()) -> None:
        """Take names from an image, all if none is said."""
        from hull.images import naming

        naming.take(self, self.known(name), names)

    def image_details(self, name: str) -> dict[str, Any]:
        """Return what `inspect` shows, in Docker's shape; an unknown image is an error."""
        from hull.images import details

        store, ident = self.holder(name)
        return details.of(store.paths, store.rows, ident)

    def known(self, name: str) -> str:
        """Return the id of an image that must be here, not in another's store: it is to be changed."""
        store, ident = self.holder(name)
        if store is not self:
            raise UserError(
                f"cannot change {name}: it is in the shared store {store.paths.data}, which is only read",
                "hull tag gives it a name of yours; whoever keeps that store removes it there",
            )
        return ident

    def holder(self, name: str) -> "tuple[ImageStore, str]":
        """Return the store that has an image, this one before those of others, and its id; none is an error."""
        if ident := self.identify(name):
            return self, ident
        for store in self.shared:
            if ident := store.identify(name):
                return store, ident
        raise Missing(f"no such image: {name}", "hull images lists them; hull pull fetches one")

    def tars(self, diff_ids: list[str]) -> "Iterator[tuple[bool, Iterator[bytes]]]":
        """Yield the ways to the tar of the last of these layers, here and in others' stores; tars.ways says which."""
        from hull.images import tars

        for store in (self, *self.shared):
            yield from tars.ways(store.paths, store.rows, self.confine, diff_ids)

    def ready(self, ident: str, label: str, flavour: str) -> Image | None:
        """Return an image whose layers are all unpacked for this id map."""
        found, diff_ids = imageconfig.image(ident, label, self._rows.config(ident))
        here = self._rows.directories(diff_ids, flavour) if diff_ids else {}
        if any(diff_id not in here for diff_id in diff_ids):
            return None
        base = self.paths.layers(flavour)
        layers = tuple(f"{base}/{here[diff_id]}" for diff_id in chains.effective(diff_ids))
        return found._replace(layers=layers)

    @property
    def shared(self) -> "list[ImageStore]":
        """The stores of others under this one."""
        if self._shared is None:
            from hull.images import stacked

            self._shared = stacked.stores(self.paths, self._events, self.confine)
        return self._shared

    def tell(self, event: log.Event) -> None:
        """Tell whoever listens."""
        self._events(event)

    def _stacked(self, wanted: str, name: str, flavour: str) -> Image | None:
        if not self.shared:
            return None
        from hull.images import stacked

        found = stacked.use(self, wanted, flavour)
        return None if found is None else found._replace(reference=name)

    def _proved(self, ident: str, flavour: str) -> bool:
        """Whether layers that another boot left unsynced are usable after all."""
        _, diff_ids = imageconfig.image(ident, "", self._rows.config(ident))
        return self.layers.prove(diff_ids, flavour)

    def _converted(self, ident: str, label: str, flavour: str) -> Image | None:
        """Return an image that was unpacked for another id map, unpacked for this one from there."""
        from hull.images import converting

        _, diff_ids = imageconfig.image(ident, label, self._rows.config(ident))
        with self.bringing():
            if not converting.convert(self.paths, self._rows, self.layers, self.confine, diff_ids, flavour):
                return None
        self.settle()
        return self.ready(ident, label, flavour)

    def _fits(self, found: Image, platform: str) -> bool:
        if not platform:
            return True
        from hull.images import platforms

        made = platforms.Platform(found.os, found.architecture, found.variant)
        return platforms.parse(platform).rank(made) is not None

    def _is_id(self, name: str) -> bool:
        digits = name.removeprefix("sha256:")
        return bool(digits) and _HEX.issuperset(digits) and os.path.sep not in name

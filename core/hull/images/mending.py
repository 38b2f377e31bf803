"""Fetch again what is damaged: a layer's blob or a manifest, by its digest, from where it is known to be."""

from collections.abc import Callable, Iterator

from hull.config import Settings
from hull.errors import HullError, RegistryError, UserError
from hull.images import blobs, reference
from hull.images.checking import Problem, layers_of
from hull.images.layers import Wanted, name_of
from hull.images.manifest import Descriptor
from hull.images.registry import Registry
from hull.light import TYPE_CHECKING, NamedTuple
from hull.state.sources import Sources

if TYPE_CHECKING:
    from hull.images.store import ImageStore
    from hull.paths import Paths


class Mender(NamedTuple):
    """What mends. `flavour` is the one that a layer without any row is unpacked for."""

    store: "ImageStore"
    paths: "Paths"
    sources: Sources
    settings: Settings
    flavour: str

    def mend(self, problem: Problem) -> None:
        """Make it good; HullError where that cannot be."""
        if problem.kind == "document":
            self._document(problem)
        else:
            self._layer(problem)

    def _layer(self, problem: Problem) -> None:
        flavour = problem.flavour or self.flavour
        if not problem.images:
            self._forget(problem.key, flavour)
            return
        self._reachable(problem.key)
        image = self.store.rows.get(problem.images[0])
        if image is None:
            return  # removed meanwhile
        with self.store.bringing():
            self._forget(problem.key, flavour)
            self.store.layers.ensure([self._wanted(diff_id) for diff_id in layers_of(image)], flavour)
        self.store.settle()

    def _forget(self, diff_id: str, flavour: str) -> None:
        rows, layers = self.store.rows, self.store.layers
        with layers.alone(name_of(diff_id), flavour):
            damaged = [layer for layer in rows.layers() if (layer.diff_id, layer.flavour) == (diff_id, flavour)]
            for layer in damaged:
                rows.forget_layer(layer)
            layers.discard(
                [f"{self.paths.layers(flavour)}/{name}" for name in {one.directory for one in damaged}], flavour
            )

    def _reachable(self, diff_id: str) -> None:
        """Fail before anything is removed, where nobody knows a place that has the layer and answers."""
        first: HullError = UserError("no registry is known to have it", "load or build the image again, or hull rmi it")
        for one in self.sources.of(diff_id):
            try:
                if Registry(_place(one.repository, one.digest), self.settings).has("blobs", one.digest):
                    return
            except HullError as error:
                first = error
        raise first

    def _wanted(self, diff_id: str) -> Wanted:
        known = self.sources.of(diff_id)
        return Wanted(diff_id, diff_id[7:19], known[0].size if known else 0, self._fetch(diff_id))

    def _fetch(self, diff_id: str) -> Callable[[], Iterator[bytes]]:
        def chunks() -> Iterator[bytes]:
            for one in self.sources.of(diff_id):
                registry = Registry(_place(one.repository, one.digest), self.settings)
                if registry.has("blobs", one.digest):
                    yield from registry.blob(Descriptor(one.digest, one.size, one.media_type))
                    return
            raise RegistryError(f"cannot fetch {diff_id}: nobody has it any more", "load or build the image again")

        return chunks

    def _document(self, problem: Problem) -> None:
        failure: HullError = UserError("no registry is known to have it", "pull or load the image again")
        keys = [key for ident in problem.images for key, _ in self.store.rows.tags(ident)]
        for name in dict.fromkeys(reference.parse(key).name for key in keys):
            try:
                _, _, body = Registry(_place(name, problem.key), self.settings).manifest(problem.key)
            except HullError as error:
                failure = error
                continue
            blobs.put(self.paths, problem.key, body)
            return
        raise failure


def _place(repository: str, digest: str) -> reference.Reference:
    return reference.parse(f"{repository}@{digest}")

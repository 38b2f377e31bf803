"""Multi-platform images in the making: an index is put together here, entry by entry, and pushed whole.

A draft is a file of its own below ROOT/manifests; its entries are images that registries have, told by digest.
"""

import os

from hull.config import Settings
from hull.errors import HostError, UserError
from hull.images import copying, digests, documents, manifest, reference
from hull.images.copying import Document
from hull.images.copying_places import RegistrySource, RegistryTarget
from hull.images.manifest import Descriptor, Index
from hull.images.reference import Reference
from hull.light import TYPE_CHECKING, Any, NamedTuple
from hull.paths import Paths

if TYPE_CHECKING:
    from hull.log import Events


class Entry(NamedTuple):
    """One image of a draft: its descriptor as the index will say it, the repository that has it, and its name there."""

    descriptor: dict[str, Any]
    repository: str
    name: str = ""


class Draft(NamedTuple):
    """An index in the making."""

    name: Reference
    entries: tuple[Entry, ...] = ()

    def document(self) -> Document:
        """Return the index: Docker's kind where every image is of Docker's, else OCI's."""
        import json

        kinds = {entry.descriptor["mediaType"] for entry in self.entries}
        media_type = manifest.DOCKER_LIST if kinds == {manifest.DOCKER_MANIFEST} else manifest.OCI_INDEX
        descriptors = [entry.descriptor for entry in self.entries]
        data = {"schemaVersion": 2, "mediaType": media_type, "manifests": descriptors}
        body = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
        return Document(digests.of(body), media_type, body)

    def added(self, entries: list[Entry]) -> "Draft":
        """Return the draft with these entries, each in place of one of the same digest."""
        new = {entry.descriptor["digest"] for entry in entries}
        kept = [entry for entry in self.entries if entry.descriptor["digest"] not in new]
        return self._replace(entries=(*kept, *entries))


def path(paths: Paths, name: Reference) -> str:
    """Return where a draft is kept."""
    from urllib.parse import quote

    if name.digest:
        raise UserError(f"cannot use {name} as a manifest list: a tag is wanted, not a digest", "NAME:TAG")
    return f"{paths.data}/manifests/{quote(name.key, safe='')}.json"


def load(paths: Paths, name: Reference) -> Draft | None:
    """Return a draft, None where there is none."""
    try:
        with open(path(paths, name), "rb") as file:
            data = documents.read(file.read(), "the draft")
    except FileNotFoundError:
        return None
    return Draft(name, tuple(Entry(**one) for one in data))


def known(paths: Paths, name: Reference) -> Draft:
    """Return a draft that must be here."""
    found = load(paths, name)
    if found is None:
        raise UserError(f"no such manifest list: {name}", f"hull manifest create {name} IMAGE…")
    return found


def save(paths: Paths, draft: Draft) -> None:
    """Keep a draft."""
    import json

    target = path(paths, draft.name)
    scratch = f"{target}.{os.urandom(6).hex()}"
    try:
        os.makedirs(os.path.dirname(target), 0o700, exist_ok=True)
        with open(scratch, "x", encoding="utf-8") as file:
            json.dump([entry._asdict() for entry in draft.entries], file)
        os.rename(scratch, target)
    except OSError as error:
        raise HostError(f"cannot keep the manifest list {draft.name}: {error.strerror}", "free some space") from None


def forget(paths: Paths, name: Reference) -> None:
    """Remove a draft that must be here."""
    known(paths, name)
    os.unlink(path(paths, name))


def entries(image: Reference, settings: Settings) -> list[Entry]:
    """Return the entries for an image at its registry: one, or those of the index that it is."""
    source = RegistrySource(image, settings)
    top = source.top()
    parsed = manifest.parse(top.body, top.media_type)
    if isinstance(parsed, Index):
        items = documents.read(top.body, "the index")["manifests"]
        return [Entry(dict(item), image.name, image.key) for item in items]
    made = documents.read(b"".join(source.blob(parsed.config)), "the config")
    words = {key: made[key] for key in ("architecture", "os", "variant", "os.version", "os.features") if made.get(key)}
    descriptor = {"mediaType": top.media_type, "digest": top.digest, "size": len(top.body), "platform": words}
    return [Entry(descriptor, image.name, image.key)]


def annotate(draft: Draft, image: str, platform: dict[str, Any], notes: dict[str, str]) -> Draft:
    """Return the draft with what an entry says of its platform and its annotations changed."""
    digest = _digest(draft, image)
    changed = []
    for entry in draft.entries:
        if entry.descriptor["digest"] == digest:
            new = dict(entry.descriptor)
            new["platform"] = {**(new.get("platform") or {}), **platform}
            if notes:
                new["annotations"] = {**(new.get("annotations") or {}), **notes}
            changed.append(entry._replace(descriptor=new))
        else:
            changed.append(entry)
    return draft._replace(entries=tuple(changed))


def _digest(draft: Draft, image: str) -> str:
    """Return the digest of the one entry that is meant: by its digest, or by the reference it was added as."""
    key = image if digests.valid(image) else reference.parse(image).key
    there = [str(entry.descriptor["digest"]) for entry in draft.entries]
    found = [digest for digest, entry in zip(there, draft.entries, strict=True) if key in (digest, entry.name)]
    found = found or [digest for digest in there if digest == key.rpartition("@")[2]]
    if len(found) != 1:
        hint = f"name one by its digest: {', '.join(there)}"
        raise UserError(f"cannot annotate {image}: {draft.name} has {len(found) or 'no'} such images", hint)
    return found[0]


def push(draft: Draft, target: Reference, settings: Settings, events: "Events") -> str:
    """Bring a draft's images to a repository where they are missing, then the index; return its digest."""
    if not draft.entries:
        raise UserError(f"cannot push {draft.name}: it has no images", f"hull manifest create --amend {draft.name} …")
    place = RegistryTarget(target, settings)
    for entry in draft.entries:
        _bring(entry, place, settings, events)
    found = draft.document()
    place.document(found, last=True)
    return found.digest


def _bring(entry: Entry, place: RegistryTarget, settings: Settings, events: "Events") -> None:
    digest = str(entry.descriptor["digest"])
    if place.names(digest):
        return
    source = RegistrySource(reference.parse(f"{entry.repository}@{digest}"), settings)
    copying.run(source, _Unnamed(place), events, all_platforms=True)


class _Unnamed:
    """A repository whose tag is kept for the index: what comes before it gets its digest only."""

    one = False

    def __init__(self, place: RegistryTarget) -> None:
        self._place = place

    def has(self, wanted: Descriptor, source: copying.Source) -> bool:
        return self._place.has(wanted, source)

    def put(self, wanted: Descriptor, chunks: Any) -> None:
        self._place.put(wanted, chunks)

    def document(self, found: Document, *, last: bool) -> None:  # noqa: ARG002 (the index comes last)
        self._place.document(found, last=False)

"""A docker-archive (what `docker save` writes) as a place that `hull copy` reads from and writes to."""

import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from hull.errors import RegistryError, UserError
from hull.images import compressing, compression, digests, documents, imageconfig, manifest, reference, writing
from hull.images.archive import Archive
from hull.images.copying import Document, Source, verified
from hull.images.manifest import Descriptor
from hull.light import IO, Any, NamedTuple

OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
_EPOCH = 0


class _Member(NamedTuple):
    name: str
    media_type: str
    size: int


class ArchiveSource:
    """One image of an archive; its layers are taken as they lie there, and a manifest is made of them."""

    def __init__(self, path: str, name: str, scratch: str) -> None:
        self._archive = Archive(path, scratch)
        self._path, self._name = path, name
        self._members: dict[str, _Member] = {}

    def top(self) -> Document:
        """Return a manifest of what the archive holds."""
        import json

        item = self._item()
        config = self._archive.document(str(item.get("Config")))
        diff_ids = imageconfig.parse(config).diff_ids
        layers = [str(name) for name in item.get("Layers") or []]
        if len(layers) != len(diff_ids):
            raise RegistryError(f"cannot copy from {self._path}: its layers and its config differ", "save it again")
        described = [self._describe(name) for name in layers]
        digest = digests.of(config)
        self._members[digest] = _Member(str(item["Config"]), OCI_CONFIG, len(config))
        document = {
            "schemaVersion": 2,
            "mediaType": manifest.OCI_MANIFEST,
            "config": {"mediaType": OCI_CONFIG, "digest": digest, "size": len(config)},
            "layers": described,
        }
        body = json.dumps(document, separators=(",", ":")).encode()
        return Document(digests.of(body), manifest.OCI_MANIFEST, body)

    def manifest(self, wanted: Descriptor) -> Document:
        """Refuse: an archive holds no index."""
        raise RegistryError(f"cannot copy {wanted.digest}: a docker-archive holds no index", "copy another image")

    def blob(self, wanted: Descriptor) -> Iterator[bytes]:
        """Yield a layer or the config."""
        return verified(self._archive.chunks(self._members[wanted.digest].name), wanted)

    def _item(self) -> dict[str, Any]:
        if "manifest.json" not in self._archive:
            raise UserError(f"cannot copy from {self._path}: it holds no manifest.json", "make it with docker save")
        items = documents.read(self._archive.document("manifest.json"), "manifest.json")
        items = [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []
        if self._name:
            wanted = reference.parse(self._name).key
            items = [one for one in items if wanted in [reference.parse(str(t)).key for t in one.get("RepoTags") or ()]]
        if len(items) != 1:
            raise UserError(
                f"cannot copy from {self._path}: it holds {len(items)} such images", "docker-archive:FILE:NAME:TAG"
            )
        return dict(items[0])

    def _describe(self, name: str) -> dict[str, Any]:
        import hashlib

        digest, size, head = hashlib.sha256(), 0, b""
        for chunk in self._archive.chunks(name):
            digest.update(chunk)
            size += len(chunk)
            head = head or chunk[: compression.SNIFF]
        kind = compression.detect(head)
        media_type = compressing.media_type(kind if kind in compressing.KINDS else "")
        key = f"sha256:{digest.hexdigest()}"
        self._members[key] = _Member(name, media_type, size)
        return {"mediaType": media_type, "digest": key, "size": size}


class ArchiveTarget:
    """An archive with one image; its layers are written as plain tars, which every reader takes."""

    one = True

    def __init__(self, path: str, name: str, scratch: str) -> None:
        self._path, self._scratch = path, scratch
        self._names = [str(reference.parse(name))] if name else []
        self._files: dict[str, IO[bytes]] = {}
        if os.path.exists(path):
            raise UserError(f"cannot copy to {path}: it exists already", "remove it, or choose another name")

    def has(self, _wanted: Descriptor, _source: Source) -> bool:
        """Whether a blob is there: never, the archive is new."""
        return False

    def put(self, wanted: Descriptor, chunks: Callable[[], Iterable[bytes]]) -> None:
        """Keep a blob, decompressed, until the archive is written."""
        import tempfile

        file = tempfile.TemporaryFile(dir=self._scratch)  # noqa: SIM115 (closed with the archive)
        plain = iter(chunks())
        if "config" not in wanted.media_type and "+json" not in wanted.media_type:
            pending = plain
            plain = compression.stream(lambda _size: next(pending, b""))
        with writing.blamed(self._scratch):
            for chunk in plain:
                file.write(chunk)
            file.flush()
        self._files[wanted.digest] = file

    def document(self, found: Document, *, last: bool) -> None:  # noqa: ARG002 (there is but one)
        """Write the archive, whole or not at all."""
        parsed = manifest.parse(found.body, found.media_type)
        assert isinstance(parsed, manifest.Manifest)  # noqa: S101 (a target of one image)
        scratch = writing.aside(self._path)
        try:
            with writing.blamed(self._path):
                with (
                    open(scratch, "xb") as file,
                    tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar,
                ):
                    self._write(tar, parsed)
                os.rename(scratch, self._path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(scratch)
            for kept in self._files.values():
                kept.close()

    def _write(self, tar: tarfile.TarFile, parsed: manifest.Manifest) -> None:
        import io
        import json

        names = {one.digest: f"{one.digest.partition(':')[2]}.tar" for one in parsed.layers}
        names[parsed.config.digest] = f"{parsed.config.digest.partition(':')[2]}.json"
        for digest, name in names.items():
            _add(tar, name, self._files[digest])
        layers = [names[one.digest] for one in parsed.layers]
        item = {"Config": names[parsed.config.digest], "RepoTags": self._names, "Layers": layers}
        _add(tar, "manifest.json", io.BytesIO(json.dumps([item]).encode()))


def _add(tar: tarfile.TarFile, name: str, content: IO[bytes]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = content.seek(0, os.SEEK_END)
    entry.mtime, entry.mode = _EPOCH, 0o644
    content.seek(0)
    tar.addfile(entry, content)

"""Images in a tar archive: docker-archive (manifest.json) and OCI layout (index.json).

The archive is indexed once and read by offset; what cannot be (a pipe, a compressed file) is first written, plain, to an
unnamed file in the scratch directory. Nothing in an archive names a path on this machine.
"""

import os
import stat
from collections.abc import Callable, Iterator
from typing import IO, Any, NamedTuple

from hull.errors import RegistryError, UserError
from hull.images import compression, digests, imageconfig, manifest, reference, tarheader, unpack
from hull.images.manifest import Descriptor, Index
from hull.images.platforms import Platform
from hull.images.source import Offer, Part, offer
from hull.images.tarstream import FileTarStream

CHUNK = 1 << 18
MEMBERS_MOST = 1 << 17
_HINT = "make it with docker save, podman save, or skopeo copy … oci-archive:FILE"


class Member(NamedTuple):
    """Where a member's content is; `link` is the name of another member instead."""

    offset: int
    size: int
    link: str = ""


class Archive:
    """An indexed archive; close it after the last layer was read."""

    def __init__(self, source: "str | IO[bytes]", scratch: str) -> None:
        self._fd = _seekable(source, scratch)
        self._members: dict[str, Member] = {}
        try:
            self._index()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def offers(self, wanted: Platform) -> list[Offer]:
        """Return every image of the archive, of an index the one for a platform."""
        if "manifest.json" in self._members:
            return [self._docker(item) for item in self._json_list("manifest.json")]
        if "index.json" in self._members:
            return self._oci(wanted)
        raise UserError(
            "cannot load: the archive holds neither manifest.json nor index.json",
            _HINT + "; hull import takes a root file system",
        )

    def _index(self) -> None:
        for entry in tarheader.entries(stream := FileTarStream(self._fd)):
            name = unpack.clean(entry.name).decode(errors="surrogateescape")
            if entry.kind == tarheader.FILE and entry.pieces is None:
                self._members[name] = Member(stream.offset, entry.size)
            elif entry.kind == tarheader.LINK:
                self._members[name] = Member(0, 0, unpack.clean(entry.link).decode(errors="surrogateescape"))
            elif entry.kind == tarheader.SYMLINK:
                above = os.path.dirname(name)
                target = os.path.normpath(os.path.join("/", above, entry.link.decode(errors="surrogateescape")))
                self._members[name] = Member(0, 0, target.lstrip("/"))
            if len(self._members) > MEMBERS_MOST:
                raise RegistryError(f"cannot load: more than {MEMBERS_MOST} members", _HINT)

    def _member(self, name: str) -> Member:
        for _ in range(8):
            found = self._members.get(os.path.normpath(name))
            if found is None:
                break
            if not found.link:
                return found
            name = found.link
        raise RegistryError(
            f"cannot load: the archive lacks {name[:200]!r}, which it names", "it is damaged: save it again"
        )

    def _chunks(self, name: str) -> Iterator[bytes]:
        member = self._member(name)
        offset, end = member.offset, member.offset + member.size
        while offset < end:
            chunk = os.pread(self._fd, min(CHUNK, end - offset), offset)
            if not chunk:
                raise RegistryError("cannot load: the archive ends too soon", "it is damaged: save it again")
            offset += len(chunk)
            yield chunk

    def _document(self, name: str) -> bytes:
        if self._member(name).size > manifest.SIZE_MOST:
            raise RegistryError(f"cannot load: {name[:200]!r} is larger than {manifest.SIZE_MOST} bytes", _HINT)
        return b"".join(self._chunks(name))

    def _json_list(self, name: str) -> list[Any]:
        import json

        try:
            data = json.loads(self._document(name))
        except (ValueError, RecursionError) as error:
            raise RegistryError(f"cannot load: {name} is no JSON: {error}", _HINT) from None
        if not isinstance(data, list):
            raise RegistryError(f"cannot load: {name} is no list", _HINT)
        return data

    def _docker(self, item: Any) -> Offer:
        """Return one image of a docker-archive. Source: moby's image spec v1.2, manifest.json."""
        layers = item.get("Layers") if isinstance(item, dict) else None
        if not isinstance(layers, list) or not isinstance(item.get("Config"), str):
            raise RegistryError("cannot load: an entry of manifest.json lacks Config or Layers", _HINT)
        names = [str(name) for name in layers]
        config = self._document(item["Config"])
        diff_ids = imageconfig.parse(config).diff_ids
        parts = [
            Part(diff_id.partition(":")[2][:12], self._member(name).size, lambda n=name: self._chunks(n))
            for name, diff_id in zip(names, diff_ids, strict=False)
        ]
        if len(names) != len(parts):
            raise RegistryError("cannot load: manifest.json and the config name different layers", _HINT)
        tags = [reference.parse(str(tag)).key for tag in item.get("RepoTags") or ()]
        return offer(config, parts, "", [], tuple(tags))

    def _oci(self, wanted: Platform) -> list[Offer]:
        """Return the images of an OCI layout: one a name, one for all that have no name."""
        top = manifest.parse(self._document("index.json"))
        if not isinstance(top, Index):
            raise RegistryError("cannot load: index.json is no index", _HINT)
        groups: dict[str, list[Descriptor]] = {}
        for found in top.manifests:
            groups.setdefault(found.name, []).append(found)
        return [self._oci_image(name, Index(tuple(group)), wanted) for name, group in groups.items()]

    def _oci_image(self, name: str, index: Index, wanted: Platform) -> Offer:
        documents: list[tuple[str, bytes]] = []
        document: Any = index
        for _ in range(4):
            if not isinstance(document, Index):
                break
            only = document.manifests[0] if len(document.manifests) == 1 else None
            named = only is not None and only.platform.os != "unknown"
            chosen = (
                only if only and not named and not only.attestation else manifest.choose(document, wanted, name or "it")
            )
            body = self._document(_path(chosen.digest))
            digests.verify(body, chosen.digest, "a manifest")
            documents.append((chosen.digest, body))
            document = manifest.parse(body)
        else:
            raise RegistryError("cannot load: its index holds indexes without end", _HINT)
        config = self._document(_path(document.config.digest))
        digests.verify(config, document.config.digest, "the config")
        parts = [
            Part(d.digest.partition(":")[2][:12], max(d.size, 0), lambda d=d: self._blob(d)) for d in document.layers
        ]
        return offer(config, parts, documents[-1][0], documents, _keys(name, documents[0][0]))

    def _blob(self, wanted: Descriptor) -> Iterator[bytes]:
        digest = digests.hasher(wanted.digest)
        for chunk in self._chunks(_path(wanted.digest)):
            digest.update(chunk)
            yield chunk
        if digest.hexdigest() != wanted.digest.partition(":")[2]:
            raise RegistryError(f"cannot use {wanted.digest}: its content does not match the digest", "save it again")


def _keys(name: str, digest: str) -> tuple[str, ...]:
    """Return what to file an image of a layout under; a bare tag names no repository."""
    if "/" not in name and ":" not in name:
        return ()
    found = reference.parse(name)
    return (found.key, f"{found.name}@{digest}")


def _path(digest: str) -> str:
    algorithm, _, digits = digest.partition(":")
    return f"blobs/{algorithm}/{digits}"


def _seekable(source: "str | IO[bytes]", scratch: str) -> int:
    """Return a descriptor that can be read at any offset and holds a plain tar."""
    if not isinstance(source, str):
        return _spool(source.read, scratch)
    try:
        fd = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise UserError(f"cannot read {source}: {error.strerror}", "give a file, or - for standard input") from None
    try:
        regular = stat.S_ISREG(os.fstat(fd).st_mode)
        if regular and compression.detect(os.pread(fd, compression.SNIFF, 0)) == "plain":
            return os.dup(fd)
        return _spool(lambda size: os.read(fd, size), scratch)
    finally:
        os.close(fd)


def _spool(read: Callable[[int], bytes], scratch: str) -> int:
    """Write what `read` gives, decompressed, to a file without a name."""
    import tempfile

    with tempfile.TemporaryFile(dir=scratch) as file:
        for chunk in compression.stream(read):
            file.write(chunk)
        file.flush()
        return os.dup(file.fileno())

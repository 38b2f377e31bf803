"""A layer as a tar again: the very one that it came as, where its tar-split was kept, else one of the same files.

A tar-split is filed by the layer's diff id beside the documents, `blobs/tar-split/<hex>`, for every id map alike. It is
never trusted: who wants the very tar compares its digest.
"""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

from hull.errors import HostError, HullError
from hull.images import blobs
from hull.light import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from hull.images.child import Confine
    from hull.paths import Paths
    from hull.state.images import Images

FLAVOURS = ("range", "single")
CHUNK = 1 << 18
KIND = "tar-split"


def keep(paths: "Paths", diff_id: str, text: str) -> None:
    """File a tar-split, base 64, before the layer that it is of is recorded; "" for none."""
    import base64

    if not text:
        return
    blobs.place(paths, _path(paths, diff_id), base64.b64decode(text))


def name(diff_id: str) -> str:
    """Return what a layer's tar-split is called among the blobs."""
    return f"{KIND}:{diff_id.partition(':')[2]}"


def ways(
    paths: "Paths", rows: "Images", confine: "Confine", diff_ids: list[str]
) -> Iterator[tuple[bool, Iterator[bytes]]]:
    """Yield (whether it claims to be the very tar, its bytes) for each way to the tar of the last of these layers.

    They are an image's, lowest first. The best way comes first.
    """
    for flavour in FLAVOURS:
        here = rows.directories(diff_ids, flavour)
        if diff_ids[-1] in here:
            return of(paths, confine, flavour, f"{paths.layers(flavour)}/{here[diff_ids[-1]]}", diff_ids[-1])
    return iter(())


def of(
    paths: "Paths", confine: "Confine", flavour: str, directory: str, diff_id: str
) -> Iterator[tuple[bool, Iterator[bytes]]]:
    """Yield the ways to the tar of a layer's directory."""
    if (split := _open(paths, diff_id)) is not None:
        yield True, joined(confine, flavour, directory, split)
    yield False, packed(confine, flavour, directory)


def gives(paths: "Paths", confine: "Confine", flavour: str, directory: str, diff_id: str) -> bool:
    """Whether the files of a layer give the tar that it is called by."""
    return any(_digest(tar) == diff_id for _, tar in of(paths, confine, flavour, directory, diff_id))


def packed(confine: "Confine", flavour: str, directory: str) -> Iterator[bytes]:
    """Yield a tar of an unpacked layer's files; a packer that fails is an error at its end."""
    return _written(confine, flavour, ["pack", directory], None)


def joined(confine: "Confine", flavour: str, directory: str, split: IO[bytes]) -> Iterator[bytes]:
    """Yield the tar that a layer was unpacked from, if its files and its tar-split are what they were."""
    return _written(confine, flavour, ["join", directory], split)


def _path(paths: "Paths", diff_id: str) -> str:
    return f"{paths.blobs}/{name(diff_id).replace(':', '/')}"


def _open(paths: "Paths", diff_id: str) -> IO[bytes] | None:
    try:
        return open(_path(paths, diff_id), "rb")
    except OSError:
        return None


def _digest(tar: Iterator[bytes]) -> str:
    found = hashlib.sha256()
    with suppress(HullError):
        for chunk in tar:
            found.update(chunk)
        return f"sha256:{found.hexdigest()}"
    return ""


def _written(confine: "Confine", flavour: str, words: list[str], source: IO[bytes] | None) -> Iterator[bytes]:
    argv = [sys.executable, "-P", "-m", "hull.images.unpacker", *words]
    pipe, given = subprocess.PIPE, subprocess.DEVNULL if source is None else source
    try:
        with confine(argv, flavour, stdin=given, stdout=pipe, stderr=pipe) as packer:
            if packer.stdout is None or packer.stderr is None:
                raise HostError("cannot read from the packer", "try again")
            while chunk := packer.stdout.read(CHUNK):
                yield chunk
            said = packer.stderr.read()
    finally:
        if source is not None:
            source.close()
    if packer.returncode:
        reason = said.decode(errors="replace").strip()[-300:]
        raise HostError(f"cannot pack {words[1]}: {reason}", "hull doctor")

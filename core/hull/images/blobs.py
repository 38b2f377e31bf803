"""Manifests and configs as they came, byte for byte, by digest: what a later push needs."""

import os
from contextlib import suppress

from hull.images import digests
from hull.paths import Paths


def path(paths: Paths, digest: str) -> str:
    """Return where a blob is; the digest is checked first."""
    algorithm, _, digits = digests.checked(digest, "a blob's name").partition(":")
    return f"{paths.blobs}/{algorithm}/{digits}"


def put(paths: Paths, digest: str, data: bytes) -> None:
    """Store bytes whose digest was verified. Nobody waits for the disk: whoever reads checks the digest again."""
    target = path(paths, digest)
    if get(paths, digest) is not None:
        return
    os.makedirs(os.path.dirname(target), 0o700, exist_ok=True)
    place(paths, target, data)


def place(paths: Paths, target: str, data: bytes) -> None:
    """Put a file in its place whole; what a killed process leaves of it is scratch."""
    scratch = f"{paths.scratch}/blob-{os.getpid()}-{os.urandom(8).hex()}"
    try:
        with open(scratch, "xb") as file:
            file.write(data)
        os.rename(scratch, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(scratch)
        raise


def get(paths: Paths, digest: str) -> bytes | None:
    """Return a blob, None if it is not here, or not what its digest says."""
    try:
        with open(path(paths, digest), "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return None
    found = digests.hasher(digest)
    found.update(data)
    return data if found.hexdigest() == digest.partition(":")[2] else None


def keep_only(paths: Paths, wanted: set[str]) -> None:
    """Remove every other blob, and unfinished ones."""
    for algorithm in os.listdir(paths.blobs):
        for digits in os.listdir(f"{paths.blobs}/{algorithm}"):
            if f"{algorithm}:{digits}" not in wanted:
                os.unlink(f"{paths.blobs}/{algorithm}/{digits}")
    for name in os.listdir(paths.scratch):
        if name.startswith("blob-"):
            with suppress(FileNotFoundError):
                os.unlink(f"{paths.scratch}/{name}")

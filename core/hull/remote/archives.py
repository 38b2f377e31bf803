"""Archives between the caller's side and another engine's: files are the caller's, what they hold goes over."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hull.commands import export as export_
from hull.errors import RegistryError, UserError
from hull.light import IO
from hull.output import Piece
from hull.remote import images
from hull.remote.there import Asked, There, container

TAR = {"Content-Type": "application/x-tar"}
LOADED = ("Loaded image: ", "Loaded image ID: ")


@contextmanager
def source(path: str, doing: str, fix: str) -> Iterator[IO[bytes]]:
    """Open a file of the caller's, standard input for `-`; a terminal holds no archive."""
    if path == "-":
        checked_stdin(doing, fix)
        yield sys.stdin.buffer
        return
    try:
        file = open(path, "rb")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", "check the path") from None
    with file:
        yield file


def checked_stdin(doing: str, fix: str = "") -> None:
    """Refuse a terminal where an archive is to come."""
    if sys.stdin.isatty():
        raise UserError(f"cannot {doing} from a terminal", fix or f"hull {doing} … < FILE")


def load(there: There, asked: Asked) -> list[str]:
    """Load images from an archive."""
    with source(asked.input, "load", "hull load -i FILE, or hull load < FILE") as file:
        answer = there.client.call("POST", "/images/load", {"quiet": True}, file, TAR)
    lines: list[str] = []
    for one in answer.documents():
        if one.get("error"):
            raise RegistryError(str(one["error"]))
        lines += str(one.get("stream") or "").splitlines()
    return [line.removeprefix(head) for line in lines for head in LOADED if line.startswith(head)]


def save(there: There, asked: Asked) -> Iterator[Piece] | None:
    """Save images as an archive."""
    if asked.output == "-" and sys.stdout.isatty():
        raise UserError("cannot save to a terminal", "hull save -o FILE, or hull save IMAGE > FILE")
    answer = there.client.call("GET", "/images/get", {"names": list(asked.image)})
    return _written(answer.chunks(), "" if asked.output == "-" else asked.output)


def export(there: There, asked: Asked) -> Iterator[Piece] | None:
    """Write a container's file system as a tar."""
    if not asked.output and sys.stdout.isatty():
        raise UserError("cannot write a tar to a terminal", f"hull export -o FILE {asked.container}")
    answer = there.client.call("GET", container(asked.container, "export"))
    return _written(answer.chunks(), asked.output)


def _written(chunks: Iterator[bytes], path: str) -> Iterator[Piece] | None:
    if not path:
        return (Piece(1, chunk) for chunk in chunks)
    export_.save(chunks, path)
    return None


def import_(there: There, asked: Asked) -> str:
    """Make an image of a root file system."""
    repo, tag = images.parted(asked.reference)
    query = {"fromSrc": "-", "repo": repo, "tag": tag, "changes": list(asked.change), "message": asked.message,
             "platform": asked.platform}  # fmt: skip
    with source(asked.file, "import", "hull import FILE, or hull import - < FILE") as file:
        answer = there.client.call("POST", "/images/create", query, file, TAR)
    ident = ""
    for one in answer.documents():
        if one.get("error"):
            raise RegistryError(str(one["error"]))
        ident = str(one.get("id") or one.get("status") or ident)
    return ident if ident.startswith("sha256:") else f"sha256:{ident}"


def document(text: str) -> dict[str, object]:
    """Return what a header holds: JSON in base64."""
    import base64

    found: dict[str, object] = json.loads(base64.b64decode(text))
    return found

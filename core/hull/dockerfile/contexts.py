"""Where a build's files come from: a directory, an archive, standard input, a git repository, a URL, an image.

Words only: what is fetched is fetched by whoever executes (`git.checkout` for repositories), and confined there.
"""

import os
import re
from collections.abc import Mapping

from hull.errors import UserError
from hull.light import NamedTuple

SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
SCP = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^:]")
NAME = re.compile(r"[a-z0-9][a-z0-9._/:@+-]*", re.ASCII)
QUERIES = frozenset(("ref", "branch", "tag", "commit", "checksum", "subdir", "submodules", "keep-git-dir"))
NO = ("false", "0", "f")
TAR_MAGIC, MAGIC_AT = b"ustar", 257
COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\x00", b"BZh")


class Context(NamedTuple):
    """A build context. `kind` is directory, archive, stdin, git, url, image or layout.

    `location` is a path, a URL, an image's reference; of git, `ref` a branch, tag or commit ("" is the default branch),
    `directory` the part of the repository that is meant, and `commit` what the commit's hash begins with.
    """

    kind: str
    location: str
    ref: str = ""
    directory: str = ""
    commit: str = ""
    submodules: bool = True
    keep_git: bool = False


def parse(word: str) -> Context:
    """Return what a CONTEXT argument or ADD's source names; a path must be there."""
    if word == "-":
        return Context("stdin", word)
    remote = parse_remote(word)
    if remote is not None:
        return remote
    if os.path.isdir(word):
        return Context("directory", os.path.abspath(word))
    if os.path.exists(word):
        return Context("archive", os.path.abspath(word))
    raise UserError(
        f"cannot build from {word}: there is no such directory",
        "name a directory, an archive, a git or http(s) URL, or - for standard input",
    )


def parse_remote(word: str) -> Context | None:
    """Return the git repository or URL a word names, None where it is a path; other transports are refused."""
    hub = word.startswith("github.com/")  # Docker's one short form
    word = f"https://{word}" if hub else word
    bare, _, fragment = word.partition("#")
    scheme = SCHEME.match(word)
    if scheme is None and not SCP.match(bare):
        return None
    kind = scheme[1].lower() if scheme else "ssh"
    path = bare.split("?", 1)[0]
    if kind in {"git", "ssh"} or (kind in {"http", "https"} and (hub or path.endswith(".git"))):
        return _repository(word, bare, fragment)
    if kind in {"http", "https"}:
        return Context("url", word)
    raise UserError(f"cannot build from {word}: {kind} is no transport known here", "use https, http, ssh or git")


def _repository(word: str, bare: str, fragment: str) -> Context:
    """Return a git context: URL#REF:DIRECTORY, or the same as a query. Source: Docker's build contexts, URL queries."""
    from urllib.parse import parse_qsl

    ref, _, directory = fragment.partition(":")
    location, mark, query = bare.partition("?")
    fields = dict(parse_qsl(query, keep_blank_values=True)) if mark else {}
    unknown = sorted(fields.keys() - QUERIES)
    if unknown or (fields and fragment):
        what = f"its query says {unknown[0]}" if unknown else "it has a query and a fragment"
        raise UserError(f"cannot build from {word}: {what}", f"one of them; a query knows {', '.join(sorted(QUERIES))}")
    ref = ref or next((fields[key] for key in ("ref", "branch", "tag") if fields.get(key)), "")
    commit = fields.get("commit") or fields.get("checksum") or ""
    if ref.startswith("-") or commit.startswith("-") or bare.startswith("-"):
        raise UserError(f"cannot build from {word}: a ref does not begin with -", "name a branch, tag or commit")
    directory = os.path.normpath(f"/{directory or fields.get('subdir', '')}").lstrip("/")
    submodules, keep = (
        fields.get(key, default) for key, default in (("submodules", "true"), ("keep-git-dir", "false"))
    )
    return Context("git", location, ref, directory, commit, submodules not in NO, keep not in NO)


def parse_named(words: tuple[str, ...]) -> Mapping[str, Context]:
    """Return --build-context words, `NAME=…`: what `parse` knows, docker-image://REFERENCE, oci-layout://PATH."""
    made: dict[str, Context] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not value or not NAME.fullmatch(name.lower()):
            raise UserError(f"cannot read the build context {word!r}", "write --build-context NAME=PATH")
        scheme, mark, rest = value.partition("://")
        if mark and scheme in {"docker-image", "oci-layout", "container-image"}:
            made[name.lower()] = Context("layout" if scheme == "oci-layout" else "image", rest)
        else:
            made[name.lower()] = parse(value)
    return made


def is_archive(head: bytes) -> bool:
    """Whether what starts so is a tar, compressed or not: else standard input is a Dockerfile; 512 bytes will do."""
    return head.startswith(COMPRESSED) or head[MAGIC_AT : MAGIC_AT + len(TAR_MAGIC)] == TAR_MAGIC

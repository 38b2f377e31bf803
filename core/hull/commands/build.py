"""hull build: an image of a Dockerfile."""

import os
from collections.abc import Iterator

from hull.commands import _words
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import HullError, UserError
from hull.light import TYPE_CHECKING, Annotated
from hull.output import Piece

if TYPE_CHECKING:
    from hull.builder.asked import Asked

Many = tuple[str, ...]
FAILED = 1  # the exit code of a build that fails, as Docker's


def build(
    engine: Engine,
    context: Annotated[str, Word("directory, archive, git or http(s) URL, or - for standard input", complete="path")],
    *,
    file: Annotated[str, Flag("the Dockerfile, if not CONTEXT/Dockerfile", "f", "FILE", complete="path")] = "",
    tag: Annotated[Many, Flag("name the image", "t", "NAME[:TAG]")] = (),
    target: Annotated[str, Flag("build this stage", metavar="STAGE")] = "",
    build_arg: Annotated[Many, Flag("set an ARG; NAME alone passes the caller's", metavar="NAME[=VALUE]")] = (),
    label: Annotated[Many, Flag("attach a label", metavar="KEY=VALUE")] = (),
    platform: Annotated[str, Flag("what to build for, if not this machine", metavar="OS/ARCH")] = "",
    network: Annotated[str, Flag("what RUN is connected to", metavar="NET", complete="network")] = "default",
    no_cache: Annotated[bool, Flag("carry out every step anew")] = False,
    pull: Annotated[bool, Flag("ask registries for newer base images")] = False,
    squash: Annotated[bool, Flag("make one layer of the new ones")] = False,
    output: Annotated[Many, Flag("where the result goes", "o", "type=local|tar|oci|docker,dest=PATH")] = (),
    cache_from: Annotated[Many, Flag("take steps from a registry", metavar="REFERENCE")] = (),
    cache_to: Annotated[Many, Flag("leave steps in a registry", metavar="REFERENCE")] = (),
    secret: Annotated[Many, Flag("give a secret to RUN --mount", metavar="id=ID,src=FILE|env=NAME")] = (),
    ssh: Annotated[Many, Flag("give an ssh agent to RUN --mount", metavar="default|ID[=SOCKET]")] = (),
    build_context: Annotated[Many, Flag("name another context", metavar="NAME=PATH|URL|docker-image://…")] = (),
    add_host: Annotated[Many, Flag("add a line to /etc/hosts", metavar="NAME:ADDRESS")] = (),
    shm_size: Annotated[str | None, Flag("size of /dev/shm", metavar="SIZE")] = None,
    ulimit: Annotated[Many, Flag("set a resource limit", metavar="NAME=SOFT[:HARD]")] = (),
    iidfile: Annotated[str, Flag("write the image's id to a file", metavar="FILE", complete="path")] = "",
    progress: Annotated[str, Flag("how much to tell", choices=("auto", "plain", "quiet"))] = "auto",
    quiet: Annotated[bool, Flag("print the image's id only", "q")] = False,
) -> Iterator[Piece | str]:
    """Build an image of a Dockerfile. Prints its id; exits with 1 where a step fails."""
    from hull.builder import outputs, sharing
    from hull.builder.asked import Asked

    asked = Asked(
        context, file, tag, target, build_arg, label, platform, network, not no_cache, pull,
        squash, tuple(outputs.parse(word) for word in output), tuple(map(sharing.parse, cache_from)),
        tuple(map(sharing.parse, cache_to)), secrets=secret, ssh=ssh, contexts=build_context, hosts=add_host,
        shm_size=None if shm_size is None else _words.size(shm_size),
        ulimits=tuple(_words.ulimit(word) for word in ulimit), epoch=_epoch(), quiet=quiet or progress == "quiet",
    )  # fmt: skip
    return _told(engine, asked, iidfile)


def _told(engine: Engine, asked: "Asked", iidfile: str) -> Iterator[Piece | str]:
    from hull.builder import session

    try:
        ident = yield from session.run(engine, asked)
    except HullError as error:
        error.exit_code = FAILED
        raise
    if iidfile:
        with open(iidfile, "w", encoding="ascii") as file:
            file.write(ident)
    if ident and not any(place == "-" for _, place in asked.outputs):
        yield ident


def _epoch() -> int | None:
    """Return what SOURCE_DATE_EPOCH says. Source: reproducible-builds.org's specification."""
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise UserError(f"cannot use SOURCE_DATE_EPOCH={text!r}: it is no number of seconds", "unset it, or date +%s")
    return int(text)

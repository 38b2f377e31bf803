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
    output: Annotated[Many, Flag("where the result goes", "o", "type=local|tar|oci|docker|image,dest=PATH")] = (),
    push: Annotated[bool, Flag("push the image under its names")] = False,
    load: Annotated[bool, Flag("keep the image here, whatever --output says")] = False,
    cache_from: Annotated[Many, Flag("take steps from a registry or a directory", metavar="REFERENCE|type=…")] = (),
    cache_to: Annotated[
        Many, Flag("leave steps in a registry, a directory or the image", metavar="REFERENCE|type=…")
    ] = (),
    no_cache_filter: Annotated[Many, Flag("carry out every step of these stages", metavar="STAGE")] = (),
    secret: Annotated[Many, Flag("give a secret to RUN --mount", metavar="id=ID,src=FILE|env=NAME")] = (),
    ssh: Annotated[Many, Flag("give an ssh agent to RUN --mount", metavar="default|ID[=SOCKET]")] = (),
    build_context: Annotated[
        Many, Flag("name another context", metavar="NAME=PATH|URL|docker-image://…|oci-layout://…")
    ] = (),
    device: Annotated[Many, Flag("let RUN --device have it", metavar="PATH[:PATH]", complete="path")] = (),
    add_host: Annotated[Many, Flag("add a line to /etc/hosts", metavar="NAME:ADDRESS")] = (),
    shm_size: Annotated[str | None, Flag("size of /dev/shm", metavar="SIZE")] = None,
    ulimit: Annotated[Many, Flag("set a resource limit", metavar="NAME=SOFT[:HARD]")] = (),
    iidfile: Annotated[str, Flag("write the image's id to a file", metavar="FILE", complete="path")] = "",
    metadata_file: Annotated[str, Flag("write what was built to a file", metavar="FILE", complete="path")] = "",
    check: Annotated[bool, Flag("tell what the Dockerfile had better not say; build nothing")] = False,
    progress: Annotated[str, Flag("how to tell", choices=("auto", "plain", "tty", "quiet", "rawjson"))] = "auto",
    quiet: Annotated[bool, Flag("print the image's id only", "q")] = False,
) -> Iterator[Piece | str]:
    """Build an image of a Dockerfile. Prints its id; exits with 1 where a step fails."""
    from hull.builder import outputs, sharing
    from hull.builder.asked import Asked
    from hull.commands import _building

    asked = Asked(
        context, file, tag, target, build_arg, label, _one(platform), network, not no_cache, pull,
        squash, outputs.all_(output, push=push, load=load),
        tuple(sharing.parse(word, taken=True) for word in cache_from),
        tuple(sharing.parse(word, taken=False) for word in cache_to), secrets=secret, ssh=ssh,
        contexts=build_context, hosts=add_host, shm_size=None if shm_size is None else _words.size(shm_size),
        ulimits=tuple(_words.ulimit(word) for word in ulimit), epoch=_epoch(),
        display="quiet" if quiet else progress, fresh=tuple(one for word in no_cache_filter for one in word.split(",")),
        devices=tuple(_words.device(word) for word in device), check=check,
        joining=_building.Joining(engine),
    )  # fmt: skip
    return _told(engine, asked, iidfile, metadata_file)


def _one(platform: str) -> str:
    if "," in platform:
        first = platform.split(",", 1)[0]
        raise UserError(
            f"cannot build for {platform} at once: an image is of one platform",
            f"hull build --platform {first} -t NAME:TAG-ARCH …, each in turn; hull manifest create joins them",
        )
    return platform


def _told(engine: Engine, asked: "Asked", iidfile: str, metadata: str) -> Iterator[Piece | str]:
    import json

    from hull.builder import session

    try:
        built = yield from session.run(engine, asked)
    except HullError as error:
        error.exit_code = FAILED
        raise
    digest = {"containerimage.digest": built.digest} if built.digest else {}
    names = {"image.name": ",".join(built.names)} if built.names else {}
    known = {"containerimage.config.digest": built.ident, **digest, **names} if built.ident else {}
    for path, text in ((iidfile, built.ident), (metadata, f"{json.dumps(known, indent=2)}\n")):
        if path:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    if built.ident and not any(one.place == "-" for one in asked.outputs):
        yield built.ident


def _epoch() -> int | None:
    """Return what SOURCE_DATE_EPOCH says. Source: reproducible-builds.org's specification."""
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise UserError(f"cannot use SOURCE_DATE_EPOCH={text!r}: it is no number of seconds", "unset it, or date +%s")
    return int(text)

"""An instruction with its variables replaced: which of its words have variables differs by kind."""

from collections.abc import Callable, Mapping

from hull.dockerfile import mounts
from hull.dockerfile.model import (
    Copy,
    Env,
    Expose,
    From,
    Heredoc,
    Instruction,
    Label,
    Run,
    RunMount,
    StopSignal,
    User,
    Volume,
    Workdir,
)  # fmt: skip
from hull.dockerfile.place import Malformed, Place
from hull.dockerfile.variables import Manner, split
from hull.dockerfile.variables import expand as expand_word
from hull.light import Any

HIGHEST_PORT = 65535
PROTOCOLS = ("tcp", "udp", "sctp")
Word = Callable[[str], str]


def expand(instruction: Instruction, variables: Mapping[str, str], escape: str = "\\") -> Instruction:
    """Return the instruction with variables replaced and quotes taken off, as Docker does for its kind.

    Commands (RUN, CMD, ENTRYPOINT, HEALTHCHECK) are the shell's to expand; ARG is `scope.declare`'s, for each of its
    values may use the one before. EXPOSE comes out as `N/protocol` each. A word that cannot be is a `DockerfileError`.
    """
    at = instruction.at

    def word(text: str) -> str:
        return _word(at, text, variables, escape)

    change = CHANGES.get(type(instruction))
    if change is not None:
        return change(instruction, word)  # type: ignore[no-any-return]
    if isinstance(instruction, Copy):
        return _copy(instruction, word, variables)
    if isinstance(instruction, Run):
        return instruction._replace(mounts=tuple(_mount(at, one, word) for one in instruction.mounts))
    if isinstance(instruction, Expose):
        words = [one for text in instruction.ports for one in _split(at, text, variables, escape)]
        return instruction._replace(ports=tuple(dict.fromkeys(one for text in words for one in ports(at, text))))
    return instruction


def expand_from(origin: From, known: Mapping[str, str], escape: str = "\\") -> From:
    """Return FROM with the global arguments in its image and platform; an empty image is an error."""
    image = _word(origin.at, origin.image, known, escape)
    if not image:
        raise origin.at.error(
            f"the image's name {origin.image!r} is empty here", "give it by --build-arg, or a default: ARG NAME=VALUE",
            near=origin.image,
        )  # fmt: skip
    return origin._replace(image=image, platform=_word(origin.at, origin.platform, known, escape))


def ports(at: Place, text: str) -> list[str]:
    """Return `N/protocol` of each port that `N[-N][/protocol]` names."""
    numbers, _, protocol = text.partition("/")
    first, dash, last = numbers.partition("-")
    protocol = protocol.lower() or "tcp"
    ends = [int(one) if one.isascii() and one.isdigit() and len(one) < 6 else -1 for one in (first, last or first)]  # noqa: PLR2004 (digits of a port)
    if protocol not in PROTOCOLS or (dash and not last) or not 0 <= ends[0] <= ends[1] <= HIGHEST_PORT:
        raise at.error(f"{text!r} is no port", "write 80, 80/udp or 8000-8010/tcp", near=text)
    return [f"{number}/{protocol}" for number in range(ends[0], ends[1] + 1)]


def _pairs(instruction: Any, word: Word) -> Any:
    return instruction._replace(pairs=tuple((word(key), word(value)) for key, value in instruction.pairs))


def _copy(instruction: Copy, word: Word, variables: Mapping[str, str]) -> Copy:
    return instruction._replace(
        sources=tuple(map(word, instruction.sources)), target=word(instruction.target),
        chown=word(instruction.chown), chmod=word(instruction.chmod), checksum=word(instruction.checksum),
        inline=tuple(_content(instruction.at, file, variables) for file in instruction.inline),
    )  # fmt: skip


def _content(at: Place, file: Heredoc, variables: Mapping[str, str]) -> Heredoc:
    """Return a file's content expanded: quotes mean nothing there, and the escape is always the backslash."""
    if not file.expand:
        return file
    try:
        return file._replace(content=expand_word(file.content, variables, Manner(quotes=False)), expand=False)
    except Malformed as error:
        raise at.error(
            f"cannot expand the here-document {file.name}: {error}",
            f"<<'{file.name}' leaves it as it is",
            line=file.line,
        ) from None


def _mount(at: Place, mount: RunMount, word: Word) -> RunMount:
    try:
        return mounts.read(mount.raw, word)
    except Malformed as error:
        raise at.error(f"--mount: {error}", near=mount.raw) from None


def _word(at: Place, text: str, variables: Mapping[str, str], escape: str) -> str:
    try:
        return expand_word(text, variables, Manner(escape))
    except Malformed as error:
        raise at.error(f"cannot expand {text!r}: {error}", near=text) from None


def _split(at: Place, text: str, variables: Mapping[str, str], escape: str) -> list[str]:
    try:
        return split(text, variables, Manner(escape))
    except Malformed as error:
        raise at.error(f"cannot expand {text!r}: {error}", near=text) from None


CHANGES: dict[type, Callable[[Any, Word], Any]] = {
    Env: _pairs,
    Label: _pairs,
    StopSignal: lambda one, word: one._replace(signal=word(one.signal)),
    User: lambda one, word: one._replace(user=word(one.user)),
    Volume: lambda one, word: one._replace(paths=tuple(map(word, one.paths))),
    Workdir: lambda one, word: one._replace(path=word(one.path)),
}

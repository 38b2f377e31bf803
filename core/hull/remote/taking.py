"""What of a call is the caller's machine's, taken here before the rest goes to another one."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from hull.commands import _words
from hull.commands._line import Call
from hull.errors import UserError
from hull.light import IO, Any, NamedTuple

OF_BUILD = ("secret", "ssh", "output", "metadata_file", "iidfile", "build_context", "cache_to")
ELSEWHERE = "it names a file of this machine, and the build is at the other one"


class Taken(NamedTuple):
    """The rest of a call, and the files that are its standard input and output here."""

    call: Call
    stdin: "Callable[[], AbstractContextManager[IO[bytes]]] | None" = None
    output: str = ""
    cidfile: str = ""


def taken(call: Call) -> Taken:
    """Return what is to go, and what stays."""
    assert call.verb is not None  # noqa: S101 (help is never carried)
    name = call.verb.name
    for flag in OF_BUILD:
        if name == "build" and call.flags.get(flag):
            raise UserError(f"cannot use --{flag.replace('_', '-')} by ssh: {ELSEWHERE}", "run hull there, by ssh")
    if name == "volume":
        return _volume(call)
    finder: Callable[[Call], Taken] | None = TAKERS.get(name)
    return Taken(call) if finder is None else finder(call)


def _with(call: Call, **flags: Any) -> Call:
    return call._replace(flags={**call.flags, **flags})


def _without(call: Call, *names: str) -> Call:
    return call._replace(flags={key: value for key, value in call.flags.items() if key not in names})


def _program(call: Call) -> Taken:
    """Resolve variables here, as Docker's client does; refuse sources that would be taken from there by mistake."""
    flags = call.flags
    if flags.get("env") or flags.get("env_file"):
        found = _words.environment(flags.get("env", ()), flags.get("env_file", ()), dict(os.environ))
        call = _with(_without(call, "env_file"), env=found)
    for text in flags.get("volume", ()):
        if text[:1] in (".", "~"):
            raise _relative("-v", text)
    for text in flags.get("mount", ()):
        fields = dict(word.partition("=")[::2] for word in text.split(","))
        source = str(fields.get("source") or fields.get("src") or "/")
        if fields.get("type") == "bind" and not source.startswith("/"):
            raise _relative("--mount", text)
    for option in flags.get("security_opt", ()):
        if option.startswith("seccomp=") and option != "seccomp=unconfined":
            raise UserError(f"cannot use --security-opt {option} by ssh: its file is this machine's", "run hull there")
    cidfile = str(flags.get("cidfile", ""))
    if not cidfile:
        return Taken(call)
    from hull.commands._flags import free

    free(cidfile)
    if call.verb is not None and call.verb.name == "run" and not flags.get("detach"):
        raise UserError("cannot write --cidfile by ssh for a program in the foreground", "hull run -d, or --name")
    return Taken(_without(call, "cidfile"), cidfile=os.path.abspath(cidfile))


def _relative(flag: str, text: str) -> UserError:
    return UserError(
        f"cannot use {flag} {text} by ssh: the path is relative to this machine's directory, the mount is of the other",
        "write an absolute path of the other machine, or use a volume",
    )


def _fed(path: str, doing: str) -> "Callable[[], AbstractContextManager[IO[bytes]]] | None":
    from hull.remote import archives

    if path == "-":
        archives.checked_stdin(doing)
        return None
    return lambda: archives.source(path, doing, "name a file")


def _load(call: Call) -> Taken:
    return Taken(_without(call, "input"), _fed(str(call.flags.get("input", "-")), "load"))


def _import(call: Call) -> Taken:
    return Taken(call._replace(words=("-", *call.words[1:])), _fed(str(call.words[0]), "import"))


def _saved(call: Call) -> Taken:
    if call.flags.get("format") == "oci-dir" or call.output == "oci-dir":
        raise UserError("cannot save a directory by ssh", "hull save --format oci-archive -o FILE IMAGE")
    path = str(call.flags.get("output", ""))
    return Taken(_without(call, "output"), output="" if path in ("", "-") else os.path.abspath(path))


def _volume(call: Call) -> Taken:
    action, names = call.words[0], call.words[1]
    if action == "import":
        path = "".join(names[1:]) or "-"
        return Taken(call._replace(words=(action, (names[0], "-"))), _fed(path, "import"))
    return _saved(call) if action == "export" else Taken(call)


def _build(call: Call) -> Taken:
    """Send a context that is a directory or an archive here by standard input."""
    import tempfile

    from hull.dockerfile import contexts
    from hull.remote import building

    if call.flags.get("build_arg"):
        call = _with(call, build_arg=_words.environment(call.flags["build_arg"], (), dict(os.environ)))
    found = contexts.parse(str(call.words[0]))
    sent = call._replace(words=("-", *call.words[1:]))
    if found.kind == "stdin":
        return Taken(call, _fed("-", "build"))
    if found.kind == "archive":
        return Taken(sent, _fed(found.location, "build"))
    if found.kind != "directory":
        return Taken(call)
    inside, extra = building.dockerfile(found.location, str(call.flags.get("file", "")))

    @contextmanager
    def packed() -> Iterator[IO[bytes]]:
        with tempfile.TemporaryFile() as file:
            building.pack(found.location, inside, extra, file)
            file.seek(0)
            yield file

    return Taken(_with(sent, file=inside), packed)


TAKERS: dict[str, Callable[[Call], Taken]] = {
    "run": _program,
    "create": _program,
    "exec": _program,
    "load": _load,
    "import": _import,
    "save": _saved,
    "export": _saved,
    "build": _build,
}

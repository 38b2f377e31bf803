"""What a word or a flag's value may be, by kind. A parameter names its kind in `complete`, else its name does."""

import os
from collections.abc import Callable, Iterator

from hull.commands._complete_here import HOST, Here
from hull.commands._complete_place import Place
from hull.commands._verb import Parameter
from hull.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hull.commands._complete_programs import Inside, Programs

FILES = ":files"  # the shell's own completion of file names
Pairs = Iterator[tuple[str, str]]

KINDS = {
    "signal": "signal", "stop_signal": "signal", "env": "variable", "user": "user", "group_add": "group",
    "workdir": "inside", "entrypoint": "program", "mount": "mount", "tmpfs": "inside",
    "platform": "platform", "restart": "restart", "log_driver": "log-driver", "log_opt": "log-option",
    "ulimit": "ulimit", "security_opt": "security", "filter": "filter", "format": "format", "cap_add": "capability",
    "cap_drop": "capability", "opt": "network-option", "allow": "hole", "profile": "profile", "context": "context",
}  # fmt: skip
FIXED = {
    "egress": ("none", "dns", "all"),
    "userns": ("auto", "keep-id", "keep-id:uid=", "single"),
    "restart": ("no", "on-failure", "on-failure:", "always", "unless-stopped"),
    "log-driver": ("json-file", "none"),
    "log-option": ("max-size=", "max-file="),
    "security": ("no-new-privileges", "seccomp=unconfined", "seccomp=", "systempaths=unconfined"),
    "platform": (
        "linux/amd64", "linux/arm64", "linux/arm/v7", "linux/arm/v6", "linux/386", "linux/ppc64le", "linux/riscv64",
        "linux/s390x",
    ),
    "network-option": ("mtu=",),
}  # fmt: skip
NETWORKS = (
    ("none", "no way out, loopback only"), ("host", "this machine's own"), ("slirp4netns", "a way out"),
    ("pasta", "a way out"), ("container:", "that of a container"),
)  # fmt: skip
PID_MODES = (
    ("private", "its own"), ("host", "this machine's, to look at"), ("container:", "those of a container"),
)  # fmt: skip
IPC_MODES = (
    ("private", "its own"), ("shareable", "its own, for others, too"), ("host", "this machine's"),
    ("none", "no /dev/shm"), ("container:", "that of a container"),
)  # fmt: skip


class Asked(NamedTuple):
    """One question: what may stand at the place, given what is written of it so far."""

    place: Place
    prefix: str
    here: Here
    programs: "Callable[[], Programs]"

    def subject(self) -> "Inside | None":
        """Return the inside of the image or container that the line is about, wherever on it that is."""
        from hull.commands import _complete_inside as inside_

        word = self.place.all_words[0] if self.place.all_words else ""
        kind = self.place.verb.words[0].about.complete if self.place.verb.words else ""
        if not word or kind not in ("image", "container", "place"):
            return None
        found = None if kind == "image" else inside_.of_container(self.here, word)
        return found or (None if kind == "container" else inside_.of_image(self.here, word))


def kind_of(parameter: Parameter) -> str:
    """Return what a parameter's value is."""
    return parameter.about.complete or KINDS.get(parameter.name, "")


def values(asked: Asked, parameter: Parameter) -> Pairs:
    """Yield the values that a parameter may have; FILES where the shell's own completion of paths does better."""
    if parameter.about.choices:
        return ((choice, "") for choice in parameter.about.choices if choice)
    kind = kind_of(parameter)
    if kind in FIXED:
        return ((word, "") for word in FIXED[kind])
    finder = FINDERS.get(kind)
    return iter(()) if finder is None else finder(asked)


def _files(_asked: Asked) -> Pairs:
    yield FILES, ""


def _containers(asked: Asked) -> Pairs:
    """Yield the containers that the verb takes in their state; those that were named are left out."""
    states, given = _states(asked.place), set(asked.place.words)
    found = asked.here.containers(asked.prefix)
    chosen = [one for one in found if states is None or one.state in states]
    yield from ((one.name, one.about) for one in chosen if one.name not in given)
    for one in asked.here.ids(asked.prefix):
        if states is None or one.state in states:
            yield one.id[:12] if len(asked.prefix) <= 12 else one.id, one.about  # noqa: PLR2004 (a short id)


def _states(place: Place) -> tuple[str, ...] | None:
    """Return the states from which the verb goes somewhere; None for any."""
    from hull.state.lifecycle import MOVES

    name = place.verb.name
    if name in ("stop", "stats"):
        return ("running", "paused", "restarting", "stopping")
    if name == "wait":
        return ("created", "running", "paused", "restarting", "stopping")
    forced = name == "rm" and "force" in place.given
    move = None if forced else MOVES.get(name) or MOVES.get(f"{name} {place.action}")
    return None if move is None else move.before


def _images(asked: Asked) -> Pairs:
    if asked.place.verb.name in ("run", "create"):
        yield HOST, "this machine, copy-on-write"
    given = set(asked.place.words)
    yield from ((name, about) for name, about in asked.here.images(asked.prefix) if name not in given)
    if ":" in asked.prefix:
        from hull.commands import _complete_remote

        yield from _complete_remote.known(asked.here.places, asked.prefix)


def _places(asked: Asked) -> Pairs:
    """Yield what one can be in: containers, those that run first, and images."""
    found = asked.here.containers(asked.prefix)
    for one in sorted(found, key=lambda one: one.state != "running"):
        yield one.name, one.about
    yield HOST, "this machine, copy-on-write"
    yield from asked.here.images(asked.prefix)


def _both(asked: Asked) -> Pairs:
    yield from _containers(asked)
    yield from asked.here.images(asked.prefix)
    yield from asked.here.networks()
    yield from asked.here.volumes()


def _spaces(asked: Asked) -> Pairs:
    """Yield containers whose namespaces can be entered."""
    found = asked.here.containers(asked.prefix.removeprefix("container:"))
    yield from ((f"container:{one.name}", one.about) for one in found if one.state in ("running", "paused"))


def _pid_modes(asked: Asked) -> Pairs:
    yield from _spaces(asked) if asked.prefix.startswith("container:") else PID_MODES


def _ipc_modes(asked: Asked) -> Pairs:
    yield from _spaces(asked) if asked.prefix.startswith("container:") else IPC_MODES


def _networks(asked: Asked) -> Pairs:
    if asked.prefix.startswith("container:"):
        yield from _spaces(asked)
        return
    yield from asked.here.networks()
    if asked.place.verb.name != "network":
        yield from NETWORKS


def _volumes(asked: Asked) -> Pairs:
    given = set(asked.place.words)
    yield from ((name, about) for name, about in asked.here.volumes() if name not in given)


def _signals(asked: Asked) -> Pairs:
    from hull.runtime import signals

    head = "SIG" if asked.prefix.upper().startswith("SIG") else ""
    for number in range(1, 32):
        name = signals.name(number)
        if not name.isdigit():
            yield f"{head}{name}", f"signal {number}"


def _variables(asked: Asked) -> Pairs:
    for name in sorted(asked.here.environ):
        if name.isidentifier():
            yield name, "as it is here"


def _capabilities(asked: Asked) -> Pairs:
    from hull.runtime import caps

    usual = caps.DEFAULT.split()
    head = "CAP_" if asked.prefix.startswith("CAP_") else ""
    yield "ALL", "every one"
    yield from ((f"{head}{name}", "by default" if name in usual else "") for name in caps.NAMES.split())


def _ulimits(_asked: Asked) -> Pairs:
    import resource

    for name in sorted(vars(resource)):
        if name.startswith("RLIMIT_"):
            yield f"{name[7:].lower()}=", ""


def _formats(asked: Asked) -> Pairs:
    from hull.tables import headings

    yield "json", "all fields, for programs"
    if asked.place.verb.row is not None:
        yield "table", "columns"
        yield from (("{{." + name + "}}", str(title)) for name, title in headings(asked.place.verb.row).items())


def host_paths(prefix: str, home: str = "") -> Pairs:
    """Yield this machine's paths that begin so, directories with a slash at the end."""
    above, slash, start = prefix.rpartition("/")
    place = f"{above}{slash}" or "."
    if home and (place == "~/" or place.startswith("~/")):
        place = f"{home}{place[1:]}"
    try:
        with os.scandir(place) as entries:
            found = sorted((one.name, one.is_dir()) for one in entries if one.name.startswith(start))
    except OSError:
        return
    for name, directory in found:
        if start.startswith(".") or not name.startswith("."):
            yield f"{above}{slash}{name}{'/' if directory else ''}", "directory" if directory else "file"


def _later(module: str, name: str) -> Callable[[Asked], Pairs]:
    """Return a finder of another module, which is imported when it is needed."""

    def find(asked: Asked) -> Pairs:
        found: Pairs = getattr(__import__(f"hull.commands.{module}", fromlist=["*"]), name)(asked)
        return found

    return find


FINDERS: dict[str, Callable[[Asked], Pairs]] = {
    "path": _files,
    "container": _containers,
    "image": _images,
    "network": _networks,
    "pid-space": _pid_modes,
    "ipc-space": _ipc_modes,
    "volume": _volumes,
    "any": _both,
    "place": _places,
    "signal": _signals,
    "variable": _variables,
    "capability": _capabilities,
    "ulimit": _ulimits,
    "format": _formats,
    **{name: _later("_complete_within", name) for name in ("user", "group", "inside", "program", "copied")},
    "context": _later("_complete_contexts", "asked"),
    "mount": _later("_complete_spelt", "mount"),
    "volume-mount": _later("_complete_spelt", "volume_mount"),
    "filter": _later("_complete_spelt", "filters"),
    **{
        name: _later("_complete_tries", finder)
        for name, finder in (
            ("try", "tries"),
            ("state", "states"),
            ("compared", "compared"),
            ("keepable", "keepable"),
            ("changed", "paths"),
            ("hole", "holes"),
            ("profile", "profiles"),
        )
    },
}

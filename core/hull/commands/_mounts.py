"""`-v`, `--tmpfs` and `--volumes-from`, parsed once into mounts. Source of the grammars: Docker's and podman's."""

import os
from collections.abc import Iterable

from hull.errors import UserError
from hull.model import Mount

PROPAGATION = ("private", "rprivate", "slave", "rslave")
SHARED = ("shared", "rshared")
PLAIN = ("nosuid", "nodev", "noexec")
IGNORED = ("rw", "cached", "delegated", "consistent", "rbind", "copy")
NO_U = (
    "U gives every file below to the container's user, and these are your own",
    "leave U out: hull run --userns keep-id shows them as yours; a volume takes U",
)


def read(volumes: Iterable[str], mounts: Iterable[str], tmpfses: Iterable[str]) -> tuple[Mount, ...]:
    """Return what the three flags ask for, in their order; a target is taken once."""
    found = (*map(volume, volumes), *map(_spelt, mounts), *map(tmpfs, tmpfses))
    seen: set[str] = set()
    for one in found:
        if one.target in seen:
            raise UserError(f"cannot mount twice on {one.target}", "leave one of them out")
        seen.add(one.target)
    return found


def _spelt(text: str) -> Mount:
    from hull.commands import _mounts_spelt

    return _mounts_spelt.mount(text)


def volume(text: str) -> Mount:
    """Parse -v: `[SOURCE:]TARGET[:ro,…]`; a source beginning with / . or ~ is a path, else a volume's name."""
    parts = text.split(":")
    if len(parts) == 1:
        return checked(Mount("volume", "", parts[0]), text)
    if len(parts) > 3 or not parts[0]:  # noqa: PLR2004
        raise UserError(f"cannot read the volume {text!r}", "write -v SOURCE:TARGET[:ro], or --mount for odd names")
    source, target = parts[:2]
    words = [word for word in parts[2].split(",") if word] if len(parts) > 2 else []  # noqa: PLR2004
    bind = source[0] in "/.~"
    options = ["rec", "create"] if bind else []
    for word in words:
        options += _volume_word(word, text, bind=bind)
    source = path(source) if bind else source
    return checked(Mount("bind" if bind else "volume", source, target, "ro" in words, tuple(options)), text)


def _volume_word(word: str, text: str, *, bind: bool) -> list[str]:
    if word in ("ro", *IGNORED):
        return []
    if word in ("z", "Z"):
        return ["relabel"]
    if word == "U":
        return own(text, bind=bind)
    known = (*PLAIN, *((*PROPAGATION, *SHARED, "O", "idmap") if bind else ("nocopy",)))
    if word not in known:
        raise UserError(f"cannot mount {text!r}: unknown option {word}", f"known: ro, {', '.join(known)}, U, z, Z")
    return ["overlay" if word == "O" else propagation(word, text)]


def own(text: str, *, bind: bool) -> list[str]:
    """Return the words of U: never for a bind."""
    if bind:
        raise UserError(f"cannot mount {text!r}: {NO_U[0]}", NO_U[1])
    return ["own"]


def propagation(word: str, text: str) -> str:
    """Return the word, unless it asks what no container can do."""
    if word in SHARED:
        raise UserError(
            f"cannot mount {text!r}: {word} would carry mounts from the container to this machine, and the kernel lets "
            "no user namespace do that",
            f"{'r' if word[0] == 'r' else ''}slave receives what is mounted here later",
        )
    return word


def tmpfs(text: str) -> Mount:
    """Parse --tmpfs: `TARGET[:size=…,mode=…,noexec]`."""
    target, _, words = text.partition(":")
    found = [{"tmpcopyup": "copy-up", "U": "own", "notmpcopyup": ""}.get(word, word) for word in words.split(",")]
    readonly = "ro" in found
    return checked(Mount("tmpfs", "", target, readonly, tuple(w for w in found if w not in ("", "ro", "rw"))), text)


def inherited(text: str) -> str:
    """Check --volumes-from: `CONTAINER[:ro|rw]`."""
    name, _, mode = text.partition(":")
    if not name or mode not in ("", "ro", "rw", "z", "Z"):
        raise UserError(f"cannot take the volumes from {text!r}", "write --volumes-from CONTAINER[:ro]")
    return f"{name}:{mode}" if mode in ("ro", "rw") else name


def path(source: str) -> str:
    """Return a bind's source as it stands, absolute."""
    return os.path.abspath(os.path.expanduser(source))


def checked(mount: Mount, text: str) -> Mount:
    """Return the mount with its target in one form; the container's own places are refused."""
    if not mount.target.startswith("/"):
        raise UserError(f"cannot mount {text!r}: the target must be absolute", "write a path that begins with /")
    target = os.path.normpath("/" + mount.target.lstrip("/"))
    if target in ("/", "/proc") or target.startswith("/proc/"):
        raise UserError(f"cannot mount over {target}: it belongs to the container itself", "choose another target")
    return mount._replace(target=target)

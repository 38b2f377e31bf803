"""What users write after a flag, parsed once into values. Source of the grammars: Docker's run reference."""

import os
from collections.abc import Iterable

from hull.errors import UserError
from hull.model import Mount, Ulimit
from hull.units import read_size as size

__all__ = ("device", "environment", "mount", "size", "tmpfs", "ulimit", "volume")
PROPAGATION = frozenset(("private", "rprivate", "shared", "rshared", "slave", "rslave"))
BIND_WORDS = PROPAGATION | {"nosuid", "nodev", "noexec"}
IGNORED = frozenset(("rw", "z", "Z", "cached", "delegated", "consistent", "rbind"))


def ulimit(text: str) -> Ulimit:
    """Parse `nofile=1024[:2048]`."""
    name, _, values = text.partition("=")
    soft, _, hard = values.partition(":")
    try:
        return Ulimit(name.lower().removeprefix("rlimit_"), int(soft), int(hard or soft))
    except ValueError:
        raise UserError(
            f"cannot read the limit {text!r}", "write --ulimit NAME=SOFT[:HARD], as nofile=1024:2048"
        ) from None


def volume(text: str) -> Mount:
    """Parse -v: `[SOURCE:]TARGET[:ro,…]`; a source beginning with / . or ~ is a path, else a volume's name."""
    parts = text.split(":")
    if len(parts) == 1:
        return _checked(Mount("volume", "", parts[0]), text)
    if len(parts) > 3 or not parts[0]:  # noqa: PLR2004
        raise UserError(f"cannot read the volume {text!r}", "write -v SOURCE:TARGET[:ro], or --mount for odd names")
    source, target, words = parts[0], parts[1], [w for w in (parts[2].split(",") if len(parts) > 2 else []) if w]  # noqa: PLR2004
    bind = source[0] in "/.~"
    unknown = [w for w in words if w not in BIND_WORDS | IGNORED | {"ro", "nocopy", "copy"}]
    if unknown:
        raise UserError(
            f"cannot mount {text!r}: unknown option {unknown[0]}", f"known: ro, {', '.join(sorted(BIND_WORDS))}"
        )
    options = tuple(w for w in words if w in BIND_WORDS or w == "nocopy")
    source = os.path.abspath(os.path.expanduser(source)) if bind else source
    kind = "bind" if bind else "volume"
    return _checked(Mount(kind, source, target, "ro" in words, ("rec", *options) if bind else options), text)


def mount(text: str) -> Mount:
    """Parse --mount: `type=bind,source=…,target=…,readonly` in CSV, so that a quoted field may hold a comma."""
    import csv

    fields = next(csv.reader([text]))
    values: dict[str, str] = {}
    for field in fields:
        key, equals, value = field.partition("=")
        values[MOUNT_KEYS.get(key.lower(), key.lower())] = value if equals else "true"
    kind = values.pop("type", "volume")
    target, source = values.pop("target", ""), values.pop("source", "")
    readonly = values.pop("readonly", "false").lower() in ("true", "1")
    options = _mount_options(kind, values, text)
    if kind == "bind":
        if not source:
            raise UserError(f"cannot mount {text!r}: a bind needs a source", "add source=/absolute/path")
        source = os.path.abspath(os.path.expanduser(source))
    return _checked(Mount(kind, source, target, readonly, options), text)


MOUNT_KEYS = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}


def _mount_options(kind: str, values: dict[str, str], text: str) -> tuple[str, ...]:
    options: list[str] = []
    if kind == "bind":
        recursive = values.pop("bind-recursive", "enabled")
        if recursive != "disabled" and values.pop("bind-nonrecursive", "false") != "true":
            options.append("rec")
        word = values.pop("bind-propagation", "")
        if word and word not in PROPAGATION:
            raise UserError(f"cannot mount {text!r}: unknown propagation {word}", ", ".join(sorted(PROPAGATION)))
        options += [word] if word else []
    elif kind == "tmpfs":
        for key, name in (("tmpfs-size", "size"), ("tmpfs-mode", "mode")):
            if key in values:
                value = values.pop(key)
                options.append(f"{name}={size(value) if name == 'size' else value}")
    elif kind == "volume":
        if values.pop("volume-nocopy", "false") == "true":
            options.append("nocopy")
    else:
        raise UserError(f"cannot mount {text!r}: unknown type {kind}", "types are bind, volume and tmpfs")
    values.pop("consistency", None)
    if values:
        raise UserError(f"cannot mount {text!r}: unknown option {next(iter(values))}", "see Docker's --mount reference")
    return tuple(options)


def tmpfs(text: str) -> Mount:
    """Parse --tmpfs: `TARGET[:size=…,mode=…,noexec]`."""
    target, _, words = text.partition(":")
    return _checked(Mount("tmpfs", "", target, options=tuple(w for w in words.split(",") if w)), text)


def _checked(mount: Mount, text: str) -> Mount:
    if not mount.target.startswith("/"):
        raise UserError(f"cannot mount {text!r}: the target must be absolute", "write a path that begins with /")
    target = os.path.normpath("/" + mount.target.lstrip("/"))
    if target in ("/", "/proc") or target.startswith("/proc/"):
        raise UserError(f"cannot mount over {target}: it belongs to the container itself", "choose another target")
    return mount._replace(target=target)


def device(text: str) -> str:
    """Check --device: `/dev/x[:/dev/y[:rwm]]`; return it as `/dev/x:/dev/y`."""
    source, _, rest = text.partition(":")
    target, _, access = rest.partition(":")
    if access and set(access) - set("rwm"):
        raise UserError(f"cannot read the device {text!r}", "write --device /dev/x[:/dev/y[:rwm]]")
    if not source.startswith("/"):
        raise UserError(f"cannot show the device {source}: not an absolute path", "write --device /dev/x")
    if target and set(target) <= set("rwm"):
        target = ""
    return f"{source}:{target or source}"


def environment(assignments: Iterable[str], files: Iterable[str], environ: dict[str, str]) -> tuple[str, ...]:
    """Merge --env-file then -e; a bare NAME takes the caller's value and is dropped where there is none."""
    result: list[str] = []
    for path in files:
        result += _env_file(path, environ)
    for word in assignments:
        if word.startswith("=") or not word:
            raise UserError(f"cannot set the variable {word!r}: no name", "write -e NAME=VALUE or -e NAME")
        if "=" in word:
            result.append(word)
        elif word in environ:
            result.append(f"{word}={environ[word]}")
    return tuple(result)


def _env_file(path: str, environ: dict[str, str]) -> list[str]:
    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = [line.lstrip().rstrip("\r\n") for line in file]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UserError(f"cannot read the environment file {path}: {reason}", "check the path") from None
    words = [line for line in lines if line and not line.startswith("#")]
    bad = next((w for w in words if any(c.isspace() for c in w.partition("=")[0]) or w.startswith("=")), None)
    if bad is not None:
        raise UserError(f"cannot read the environment file {path}: bad name in {bad!r}", "one NAME=VALUE a line")
    return list(environment(words, (), environ))

"""`--mount`: fields in CSV, parsed once into a mount. Source of the grammar: Docker's and podman's references."""

from collections.abc import Callable

from hull.commands._mounts import PLAIN, PROPAGATION, SHARED, checked, own, path, propagation
from hull.errors import UserError
from hull.model import Mount
from hull.units import read_size

TRUE, FALSE = ("true", "1", "t"), ("false", "0", "f")


def mount(text: str) -> Mount:
    """Parse --mount: `type=bind,source=…,target=…,readonly` in CSV, so that a quoted field may hold a comma."""
    fields = _fields(text)
    kind = next((value for key, value in fields if key == "type"), "volume")
    if kind not in KINDS:
        raise UserError(f"cannot mount {text!r}: unknown type {kind}", f"types are {', '.join(KINDS)}")
    source, target, readonly, options = "", "", kind == "image", list[str]()
    for key, value in fields:
        if key == "source":
            source = value
        elif key == "target":
            target = value
        elif key in ("readonly", "readwrite"):
            readonly = _switch(value, text) is (key == "readonly")
        elif key not in ("type", "consistency"):
            options += _option(kind, key, value, text)
    _require(kind, source, text)
    source = path(source) if kind == "bind" else source
    return checked(Mount(kind, source, target, readonly, _recursion(kind, readonly, options, text)), text)


KINDS = ("bind", "volume", "tmpfs", "image")
ALIASES = {
    "src": "source", "dst": "target", "destination": "target", "ro": "readonly", "rw": "readwrite", "chown": "u",
    "subpath": "volume-subpath", "image-subpath": "volume-subpath", "nocopy": "volume-nocopy",
    "size": "tmpfs-size", "mode": "tmpfs-mode",
}  # fmt: skip
# What each kind takes beside source, target, readonly and consistency; a switch adds its word where it is on.
SWITCHES = {
    "bind": {"bind-nonrecursive": "flat", "bind-create-src": "create", "idmap": "idmap"},
    "volume": {"volume-nocopy": "nocopy", "u": "own"},
    "tmpfs": {"tmpcopyup": "copy-up", "notmpcopyup": "", "exec": "exec", "u": "own"},
    "image": {},
}  # fmt: skip


def _fields(text: str) -> list[tuple[str, str]]:
    import csv

    try:
        (parts,) = list(csv.reader([text], strict=True))
    except (csv.Error, ValueError) as error:
        raise UserError(f"cannot read the mount {text!r}: {error}", "quote a field that holds a comma") from None
    pairs = (part.partition("=") for part in parts)
    return [(ALIASES.get(key.lower(), key.lower()), value if equals else "true") for key, equals, value in pairs]


def _option(kind: str, key: str, value: str, text: str) -> list[str]:
    """Return the option words of one field."""
    if key in PLAIN or key in SWITCHES[kind]:
        word = SWITCHES[kind].get(key, key)
        return [word] if _switch(value, text) and word else []
    reader = READERS[kind].get(key)
    found = None if reader is None else reader(value, text)
    if found is None:
        takes = ("source", "target", "readonly", *SWITCHES[kind], *READERS[kind], *PLAIN)
        raise UserError(f"cannot mount {text!r}: unknown option {key}={value}", f"a {kind} takes {', '.join(takes)}")
    return found


def _spread(value: str, text: str) -> list[str] | None:
    return [propagation(value, text)] if value in (*PROPAGATION, *SHARED) else None


def _relabel(value: str, _text: str) -> list[str] | None:
    return ["relabel"] if value in ("private", "shared") else None


def _subpath(value: str, text: str) -> list[str]:
    if not value or value.startswith("/") or ".." in value.split("/"):
        raise UserError(f"cannot mount {text!r}: the subpath {value!r} is not below it", "write a path like dir/file")
    return [f"subpath={value}"]


def _mode(value: str, _text: str) -> list[str] | None:
    return [f"mode={value}"] if value and value.strip("01234567") == "" else None


READERS: dict[str, dict[str, Callable[[str, str], list[str] | None]]] = {
    "bind": {
        "bind-propagation": _spread,
        "bind-recursive": lambda value, _text: [f"recursive={value}"],
        "relabel": _relabel,
        "u": lambda value, text: own(text, bind=True) if _switch(value, text) else [],
    },
    "volume": {
        "volume-subpath": _subpath,
        "volume-opt": lambda value, _text: [f"opt:{value}"],
        "volume-label": lambda value, _text: [f"label:{value}"],
        "volume-driver": lambda value, _text: [] if value in ("", "local") else None,
        "relabel": _relabel,
    },
    "tmpfs": {"tmpfs-size": lambda value, _text: [f"size={read_size(value)}"], "tmpfs-mode": _mode},
    "image": {"volume-subpath": _subpath},
}


def _recursion(kind: str, readonly: bool, options: list[str], text: str) -> tuple[str, ...]:
    """Settle how much of a bind is mounted, and how much of it is read-only."""
    if kind != "bind":
        return tuple(options)
    asked = next((word[10:] for word in options if word.startswith("recursive=")), "enabled")
    rest = tuple(word for word in options if word != "flat" and not word.startswith("recursive="))
    if asked == "disabled" or "flat" in options:
        return rest
    if asked not in ("enabled", "writable", "readonly"):
        raise UserError(
            f"cannot mount {text!r}: unknown bind-recursive={asked}", "enabled, disabled, writable, readonly"
        )
    if asked != "enabled" and not readonly:
        raise UserError(f"cannot mount {text!r}: bind-recursive={asked} without readonly", "add readonly")
    if asked == "readonly" and any(word in ("slave", "rslave") for word in rest):
        raise UserError(
            f"cannot mount {text!r}: what a slave receives later would not be read-only",
            "take bind-propagation=rprivate",
        )
    return ("rec", *(("ro-top",) if asked == "writable" else ()), *rest)


def _require(kind: str, source: str, text: str) -> None:
    what = {"bind": "source=/absolute/path", "image": "source=IMAGE"}.get(kind)
    if what and not source:
        raise UserError(f"cannot mount {text!r}: type={kind} needs a source", f"add {what}")
    if kind == "tmpfs" and source:
        raise UserError(f"cannot mount {text!r}: a tmpfs has no source", "leave source out")


def _switch(value: str, text: str) -> bool:
    if value.lower() not in (*TRUE, *FALSE):
        raise UserError(f"cannot mount {text!r}: {value!r} is neither true nor false", "leave the value out for true")
    return value.lower() in TRUE

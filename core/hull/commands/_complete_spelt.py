"""Values that have a grammar of their own: --mount, --volume and --filter, one part at a time."""

from hull.commands import _complete_inside as inside_
from hull.commands._complete_values import FILES, Asked, Pairs, host_paths

SWITCH = (("true", ""), ("false", ""))


def mount(asked: Asked) -> Pairs:
    """Yield the next field of --mount, or the value of the one that is being written."""
    said, comma, field = asked.prefix.rpartition(",")
    head, (key, equals, value) = f"{said}{comma}", field.partition("=")
    fields = dict(part.partition("=")[::2] for part in said.split(",") if part)
    if equals:
        yield from ((f"{head}{key}={text}", about) for text, about in _mounted(asked, fields, key, value))
        return
    from hull.commands._mounts_spelt import ALIASES, READERS, SWITCHES

    if "type" not in fields:
        yield f"{head}type=", "bind, volume, tmpfs or image"
    given = {ALIASES.get(one, one) for one in fields}
    kind = fields.get("type", "volume")
    known = (("source=",) if kind != "tmpfs" else ()) + ("target=", "readonly")
    for word in (*known, *SWITCHES.get(kind, ()), *(f"{one}=" for one in READERS.get(kind, ()))):
        if word.rstrip("=") not in given:
            yield f"{head}{word}", ""


def _mounted(asked: Asked, fields: dict[str, str], key: str, value: str) -> Pairs:
    from hull.commands._mounts_spelt import ALIASES, KINDS

    key, kind = ALIASES.get(key, key), fields.get("type", "volume")
    if key == "type":
        yield from ((f"{one},", "") for one in KINDS)
    elif key == "source" and kind == "bind":
        yield from host_paths(value, asked.here.environ.get("HOME", ""))
    elif key == "source" and kind == "volume":
        yield from asked.here.volumes()
    elif key == "source" and kind == "image":
        yield from asked.here.images()
    elif key == "target" and (inside := asked.subject()) is not None:
        yield from ((path, about) for path, about in inside_.paths(inside, value or "/") if about == "directory")


def volume_mount(asked: Asked) -> Pairs:
    """Yield what -v takes: a path here or a volume, then where it is seen inside, then how."""
    parts = asked.prefix.split(":")
    if len(parts) == 1:
        if not asked.prefix.startswith(("/", ".", "~")):
            yield from ((f"{name}:", about) for name, about in asked.here.volumes())
        yield FILES, ""
        return
    head = ":".join(parts[:-1])
    if len(parts) > 2:  # noqa: PLR2004 (source, target, options)
        yield from ((f"{head}:{word}", about) for word, about in (("ro", "read-only"), ("rw", "may be written")))
        return
    inside = asked.subject()
    if inside is not None and parts[-1].startswith("/"):
        found = inside_.paths(inside, parts[-1])
        yield from ((f"{head}:{path}", about) for path, about in found if about == "directory")
    elif "/" not in parts[-1]:
        yield f"{head}:/", "where it is seen inside"


def filters(asked: Asked) -> Pairs:
    """Yield the keys that the verb filters by, or the values of one."""
    key, equals, _ = asked.prefix.partition("=")
    if equals:
        yield from ((f"{key}={value}", about) for value, about in _values(asked, key.rstrip("!")))
    else:
        yield from ((f"{one}=", "") for one in _keys(asked))


def _keys(asked: Asked) -> tuple[str, ...]:
    from hull.commands import _asked, _filters, _image_filters, _volume_rows

    name = asked.place.verb.name
    known: dict[str, tuple[str, ...]] = {
        "ps": tuple(_filters.KEYS),
        "images": tuple(_image_filters.LISTING),
        "image": _image_filters.PRUNING,
        "volume": _volume_rows.KEYS,
        "network": _asked.PRUNING if asked.place.action == "prune" else ("driver", "id", "label", "name", "type"),
        "search": ("stars", "is-official", "is-automated"),
        "events": ("container", "event", "image", "label", "network", "type", "volume"),
    }
    return known.get(name, _asked.PRUNING)


def _values(asked: Asked, key: str) -> Pairs:
    from hull.commands._filters import HEALTH
    from hull.state.lifecycle import STATES

    words = {
        "status": STATES, "health": HEALTH, "driver": ("bridge",) if asked.place.verb.name == "network" else ("local",),
        "dangling": ("true", "false"), "is-official": ("true", "false"), "is-automated": ("true", "false"),
        "type": ("builtin", "custom") if asked.place.verb.name == "network"
        else ("container", "image", "network", "volume"),
    }  # fmt: skip
    if key in words:
        yield from ((word, "") for word in words[key])
    elif key in ("ancestor", "image") or asked.place.verb.name == "images":
        yield from asked.here.images()
    elif key == "network" or (asked.place.verb.name == "network" and key in ("name", "id")):
        yield from asked.here.networks()
    elif key == "volume" or (asked.place.verb.name == "volume" and key == "name"):
        yield from asked.here.volumes()
    elif key in ("name", "before", "since", "container"):
        yield from ((one.name, one.about) for one in asked.here.containers())

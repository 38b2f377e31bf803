"""What other managers leave: npm's global packages, gems, cargo's programs; accounts and units that are on."""

from collections.abc import Iterator

from hull.trials.changes import ADDED, REMOVED, Change
from hull.trials.packages import Contents, Found, Row, compared, texts

UNITS = ("/etc/systemd/system/", "/.config/systemd/user/")


def found(known: dict[str, Change], contents: Contents) -> list[Found]:
    """Return all of them."""
    parts = (_npm, _gems, _cargo, _accounts, _units)
    return [one for part in parts for one in part(known, contents)]


def _npm(known: dict[str, Change], contents: Contents) -> Iterator[Found]:
    import json

    for path, change in known.items():
        top, _, name = path.rpartition("/lib/node_modules/")
        name, _, last = name.rpartition("/")
        if not top or last != "package.json" or name.count("/") != int(name.startswith("@")):
            continue
        versions = []
        for text in texts(change, contents):
            try:
                versions.append(str(json.loads(text).get("version", "")) if text else "")
            except (ValueError, AttributeError, RecursionError):
                versions.append("")
        place = f"{top}/lib/node_modules/{name}"
        for row in compared("npm", *({name: version} if version else {} for version in versions)):
            yield Found(row, frozenset(_below(place, known)))


def _gems(known: dict[str, Change], _contents: Contents) -> Iterator[Found]:
    for path, change in known.items():
        place, _, last = path.rpartition("/specifications/")
        if place and "/" not in last and last.endswith(".gemspec") and change.kind in (ADDED, REMOVED):
            full = last.removesuffix(".gemspec")
            name, _, version = full.rpartition("-")
            came = change.kind == ADDED
            verb, versions = ("installed", ("", version)) if came else ("removed", (version, ""))
            yield Found(Row("gem", verb, name, *versions), frozenset([path, *_below(f"{place}/gems/{full}", known)]))


def _cargo(known: dict[str, Change], contents: Contents) -> Iterator[Found]:
    for path, change in known.items():
        place, _, last = path.rpartition("/")
        if last == ".crates.toml" and place.endswith("/.cargo"):
            old, new = (_crates(text) for text in texts(change, contents))
            programs = {name: words for _, (name, words) in (old | new).items()}
            rows = compared("cargo", *({name: v for v, (name, _) in _versions(side)} for side in (old, new)))
            for row in rows:
                yield Found(row, frozenset(f"{place}/bin/{word}" for word in programs.get(row.name, ())))


def _crates(text: str) -> dict[str, tuple[str, list[str]]]:
    """Return name and programs by cargo's own key, `NAME VERSION (SOURCE)`."""
    import tomllib

    try:
        table = tomllib.loads(text).get("v1", {})
        return {
            key: (key.split(" ")[0], [word for word in words if isinstance(word, str)])
            for key, words in table.items()
            if " " in key and isinstance(words, list)
        }
    except (tomllib.TOMLDecodeError, AttributeError, RecursionError):
        return {}


def _versions(side: dict[str, tuple[str, list[str]]]) -> Iterator[tuple[str, tuple[str, list[str]]]]:
    return ((key.split(" ")[1], value) for key, value in side.items())


def _accounts(known: dict[str, Change], contents: Contents) -> Iterator[Found]:
    """Yield users and groups; the other files that hold accounts are folded under the first."""
    for kind, path in (("user", "/etc/passwd"), ("group", "/etc/group")):
        if path not in known or "type" in known[path].what:
            continue
        old, new = (dict(_named(text)) for text in texts(known[path], contents))
        for row in compared(kind, {name: name for name in old}, {name: name for name in new}):
            word = {"installed": "added"}.get(row.verb, row.verb)
            ident = new.get(row.name) or old.get(row.name, "")
            yield Found(Row(kind, word, row.name, "", ident), frozenset())


def _named(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n"):
        fields = line.split(":")
        if len(fields) > 2:  # noqa: PLR2004 (name, password, number)
            yield fields[0], fields[2]


def _units(known: dict[str, Change], _contents: Contents) -> Iterator[Found]:
    for path, change in known.items():
        above, _, last = path.rpartition("/")
        entry = change.new or change.old
        is_place = any(place in path for place in UNITS) and above.endswith((".wants", ".requires"))
        if is_place and entry is not None and entry.kind == "link" and change.kind in (ADDED, REMOVED):
            verb = "enabled" if change.kind == ADDED else "disabled"
            yield Found(Row("unit", verb, last), frozenset([path, *([above] if above in known else [])]))


def _below(place: str, known: dict[str, Change]) -> Iterator[str]:
    return (path for path in known if path == place or path.startswith(f"{place}/"))

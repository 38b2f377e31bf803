"""What a pattern of COPY or ADD fits in a tree: Go's filepath.Match, and with --parents `**` across directories."""

import os
import re

from hull.images.resolving import Root

SPECIAL = re.compile(r"[*?\[\\]")
DEEP = "**"


def matches(root: Root, pattern: str, *, deep: bool) -> list[str]:
    """Return the paths that fit, sorted; one without wildcards is itself. `deep` lets `**` be any number of names."""
    if not SPECIAL.search(pattern):
        return [pattern]
    parts = pattern.split("/")
    while deep and len(parts) > 1 and parts[-1] == DEEP:
        parts.pop()  # all below a directory is the directory
    paths = [""]
    for part in parts:
        paths = _next(root, paths, part, deep=deep)
    return _outermost(sorted({path.rstrip("/") for path in paths})) if deep else sorted(p.rstrip("/") for p in paths)


def _next(root: Root, paths: list[str], part: str, *, deep: bool) -> list[str]:
    """Return what the next name of a pattern makes of the directories so far, each with a slash at its end."""
    from hull.dockerfile.ignore import translate

    if deep and part == DEEP:
        return list(dict.fromkeys(inner for path in paths for inner in _directories(root, path)))
    if not SPECIAL.search(part):
        return [f"{path}{part}/" for path in paths]
    fits = re.compile(translate(part))
    return [f"{path}{name}/" for path in paths for name in _names(root, path) if fits.fullmatch(name)]


def _names(root: Root, path: str) -> list[str]:
    try:
        found = root.find(f"/{path}")
    except (FileNotFoundError, NotADirectoryError):
        return []
    try:
        return os.listdir(found.directory) if found.is_directory and found.status is not None else []
    finally:
        os.close(found.directory)


def _directories(root: Root, path: str) -> list[str]:
    """Return a directory and all below it; a link is none."""
    made, pending = [], [path]
    while pending:
        above = pending.pop()
        made.append(above)
        try:
            found = root.find(f"/{above}")
        except (FileNotFoundError, NotADirectoryError):
            continue
        try:
            if found.is_directory:
                with os.scandir(found.directory) as entries:
                    names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
                pending += [f"{above}{name}/" for name in names]
        finally:
            os.close(found.directory)
    return made


def _outermost(paths: list[str]) -> list[str]:
    """Return the paths without those that lie below another one: that brings them."""
    known = set(paths)
    if "" in known:
        return [""]
    parts = [path.split("/") for path in paths]
    return ["/".join(one) for one in parts if known.isdisjoint("/".join(one[:n]) for n in range(1, len(one)))]

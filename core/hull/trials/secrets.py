"""Hide what a try must not read: a path of the table, wherever links and other mounts of this host show it too.

Nothing is taken away from inside: what hides is mounted before the program loses the right to mount, so the kernel
refuses to unmount, move, rename or remove it. Out of reach of any list: a hard link elsewhere, a copy, a secret that is
made while the try runs.
"""

import os
import stat

from hull.light import NamedTuple
from hull.model import Mount, Trial
from hull.storage import trialmounts
from hull.storage.trialmounts import is_at_or_below
from hull.trials import aliases
from hull.trials.environment import Around, matches
from hull.trials.secrets_table import SECRETS

XDG = {
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
    "XDG_CACHE_HOME": ".cache",
}
EMPTY = "hidden"  # the empty file, beside the container's own
MOST_LINKS = 4096  # entries of a hidden directory that are looked at for links out of it
ASKED, HOME, STORE = "asked", "home", "store"


class Hidden(NamedTuple):
    """One absolute path without links that a try sees empty; `group` is the table's, or who asked."""

    path: str
    group: str
    directory: bool


def hidden(trial: Trial, around: Around, shown: tuple[str, ...] = (), *, home: bool = True) -> tuple[Hidden, ...]:
    """Return what is hidden, outermost first, nothing twice, nothing below another.

    `shown` paths are taken back beside the trial's own: with what is below them. A path below a hidden directory does
    not uncover that: `uncovered` tells of these. hull's own store stays hidden whatever is shown. Without `home`
    everything in the home directory is hidden but what leads to the working directory.
    """
    back = [os.path.realpath(path) for path in (*trial.show, *shown)]
    names: dict[str, list[str]] = {}
    found = [Hidden(path, secret.group, True) for secret in SECRETS for path in _places(secret.paths, around, names)]
    found = [one for one in found if not any(is_at_or_below(one.path, path) for path in back)]
    found += [Hidden(path, HOME, True) for path in ([] if home else _siblings(around))]
    found += [Hidden(path, ASKED, True) for path in trial.hide]
    found += [Hidden(path, STORE, True) for path in around.store]
    ways = trialmounts.read()
    every = ((one.group, real) for one in found if os.path.lexists(one.path) for real in _and_links(one, around))
    return _outermost([Hidden(path, group, True) for group, real in every for path in aliases.paths(ways, real)])


def uncovered(trial: Trial, hid: tuple[Hidden, ...], shown: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the paths that were shown and lie below a hidden directory: they are shown read-only, on top of it."""
    wanted = (os.path.realpath(path) for path in (*trial.show, *shown))
    within_hidden = (
        p for p in wanted if any(is_at_or_below(p, one.path) and p != one.path for one in hid if one.group != STORE)
    )
    return tuple(path for path in dict.fromkeys(within_hidden) if os.path.exists(path))


def mounts(hid: tuple[Hidden, ...], directory: str) -> tuple[Mount, ...]:
    """Return what covers these paths: an empty read-only file, or an empty tmpfs whose content is not kept.

    `directory` is the container's own; the empty file is made in it.
    """
    if not hid:
        return ()
    file = empty(directory)
    return tuple(
        Mount("tmpfs", "", one.path, options=("noexec", "mode=0700", "size=16m", "nr_inodes=4k", "own"))
        if one.directory
        else Mount("bind", file, one.path, readonly=True, options=("noexec",))
        for one in hid
    )


def empty(directory: str) -> str:
    """Return the empty file that covers others, made in the container's own directory."""
    path = f"{directory}/{EMPTY}"
    if not os.path.exists(path):
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o444))
    return path


def _places(words: tuple[str, ...], around: Around, names: dict[str, list[str]]) -> list[str]:
    """Return the absolute paths of these words of the table; `names` are those of directories, listed once a start."""
    found: list[str] = []
    for word in words:
        first, slash, rest = word.partition("/")
        for base in _bases(first, around):
            path = f"{base}{slash}{rest}"
            found += _matching(path, names) if "*" in rest else (path,)
    return found


def _bases(first: str, around: Around) -> tuple[str, ...]:
    """Return what a word's first component stands for here."""
    if first == "~":
        return (around.home,)
    if not first.startswith("$"):
        return (first,)
    name = first[1:]
    usual = (f"{around.home}/{XDG[name]}",) if name in XDG else ()
    said = around.environ.get(name, "")
    if not said:
        return usual
    return tuple(dict.fromkeys((*usual, *(base for base in said.split(":") if base.startswith("/")))))


def _matching(path: str, names: dict[str, list[str]]) -> list[str]:
    """Return the paths that a pattern in the last component finds."""
    parent, _, pattern = path.rpartition("/")
    if parent not in names:
        names[parent] = _listed(parent)
    head = pattern.partition("*")[0]
    return [f"{parent}/{name}" for name in names[parent] if name.startswith(head) and matches(name, pattern)]


def _siblings(around: Around) -> list[str]:
    """Return everything beside the way from home down to the working directory; home itself if that is elsewhere."""
    home, place = os.path.realpath(around.home), os.path.realpath(around.workdir)
    if home == place or not is_at_or_below(place, home):
        return [] if home == place else [home]
    found, here = [], home
    for name in place[len(home) :].strip("/").split("/"):
        found += [f"{here}/{entry}" for entry in _listed(here) if entry != name]
        here = f"{here}/{name}"
    return found


def _listed(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []


def _and_links(one: Hidden, around: Around) -> list[str]:
    """Return the path without links, and where links in it lead: a key kept among dotfiles is the key all the same.

    Only what is the caller's own and not a way to the home or working directory: a link to the system's certificates
    hides nothing of them.
    """
    real = os.path.realpath(one.path)
    found = [real]
    if one.group in (ASKED, STORE, HOME) or not os.path.isdir(real):
        return found
    pending, seen = [(real, 0)], 0
    while pending and seen < MOST_LINKS:
        here, depth = pending.pop()
        for name in _listed(here)[:MOST_LINKS]:
            seen += 1
            path = f"{here}/{name}"
            if os.path.islink(path):
                found += _led_to(path, around)
            elif depth < 1 and os.path.isdir(path):
                pending.append((path, depth + 1))
    return found


def _led_to(link: str, around: Around) -> list[str]:
    target = os.path.realpath(link)
    try:
        found = os.stat(target)
    except OSError:
        return []
    secret = not found.st_mode & stat.S_IROTH or is_at_or_below(target, os.path.realpath(around.home))
    way = is_at_or_below(around.home, target) or is_at_or_below(around.workdir, target)
    return [target] if found.st_uid == os.geteuid() and secret and not way else []


def _outermost(found: list[Hidden]) -> tuple[Hidden, ...]:
    """Keep what exists and can be reached from inside, and of what lies within another only that other."""
    kept: list[Hidden] = []
    for one in sorted(found, key=lambda h: (h.path.rstrip("/").count("/"), h.path)):
        if any(is_at_or_below(one.path, other.path) for other in kept):
            continue
        try:
            known = os.stat(one.path)
        except OSError:
            continue
        directory = stat.S_ISDIR(known.st_mode)
        if (directory or stat.S_ISREG(known.st_mode)) and (one.group == ASKED or _is_reached(one.path, known)):
            kept.append(one._replace(directory=directory))
    return tuple(kept)


def _is_reached(path: str, known: os.stat_result) -> bool:
    """Whether a try can see something of it: the caller's own by whatever mode, for its root may read and change it."""
    ways = (os.R_OK, os.X_OK) if stat.S_ISDIR(known.st_mode) else (os.R_OK,)
    return known.st_uid == os.geteuid() or any(os.access(path, way) for way in ways)

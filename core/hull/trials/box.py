"""The closed box of a try, whole: what its profile makes of the flags, and what each start mounts and says."""

import os

from hull.light import TYPE_CHECKING, NamedTuple
from hull.model import Mount, Spec, Trial, Ulimit
from hull.storage.trialmounts import is_below
from hull.trials import environment, holes_open, profiles, secrets
from hull.trials.environment import Around

if TYPE_CHECKING:
    from collections.abc import Callable

    from hull.config import Settings
    from hull.trials.secrets import Hidden

MISSED = ("asked", "keys", "tokens", "cloud", "agents", "databases")  # what a program may fail without
MOST_TOLD = 4  # names in one line
FILE = "box"  # what the last start hid and dropped, one JSON object


class Box(NamedTuple):
    """What a start adds to its plan. `env` comes before what the spec sets; `notes` and `warnings` are told.

    `hidden` are paths that the try sees empty: they are no change, whatever was written there.
    """

    mounts: tuple[Mount, ...] = ()
    env: tuple[str, ...] = ()
    hidden: "tuple[Hidden, ...]" = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Noted(NamedTuple):
    """What a report tells: hidden (path, group), dropped variables (name, reason), notes of live directories."""

    hidden: tuple[tuple[str, str], ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def settle(spec: Spec, settings: "Settings", around: Around, *, keeps: bool = True) -> Spec:
    """Return a new try's spec with what its profile says where the flags do not; once, when it is made.

    `keeps` is whether the caller's own uid can be kept: an ordinary user's with a subordinate range.

    UserError for an unknown profile or hole, a path of --rw that is too much, a network without --egress where the
    profile wants one.
    """
    asked = spec.trial or Trial()
    profile = profiles.find(settings, asked.profile)
    allow = (*profile.allow, *asked.allow, *(holes_open.followed(spec.command) if profile.logins else ()))
    trial = asked._replace(
        profile=profile.name,
        allow=tuple(dict.fromkeys(allow)),
        hide=(*_absolute(profile.hide, around), *asked.hide),
        show=(*_absolute(profile.show, around), *asked.show),
        writable=(*_absolute(profile.rw, around), *asked.writable),
        home=profile.home and asked.home,
    )
    opened = holes_open.named(trial.allow)
    return profiles.network(spec, profile, tuple(word for hole in opened for word in hole.egress))._replace(
        trial=trial,
        userns=profile.userns(keeps=keeps) if spec.userns == "auto" else spec.userns,
        devices=(*spec.devices, *holes_open.devices(opened)),
        ulimits=_processes(spec.ulimits, profile.processes),
    )


def wanted(trial: Trial, profile: profiles.Profile) -> tuple[str, ...]:
    """Return the variables that are passed on by somebody's word: the profile's and those of holes."""
    return (*profile.env, *(name for hole in holes_open.named(trial.allow) for name in hole.env))


def close(trial: Trial, around: Around, directory: str, runtime: str, *, host: bool = True) -> Box:
    """Return what one start of a try adds. `directory` is the container's own, `runtime` XDG_RUNTIME_DIR inside.

    Without `host` the root is an image's: there is nothing of this machine's to hide in it.
    """
    opened = holes_open.named(trial.allow)
    shown = holes_open.shown(opened, around)
    hid = secrets.hidden(trial, around, shown, home=trial.home) if host else ()
    sockets = holes_open.opened(opened, around, runtime)
    live: tuple[Mount, ...] = ()
    notes: tuple[str, ...] = ()
    if trial.writable:
        live, notes, hid = _live(trial, around, shown, hid, directory)
    own = (Mount("tmpfs", "", runtime, options=("mode=0700", "noexec", "own")),) if host or opened else ()
    back = (Mount("bind", p, p, readonly=True, options=("rec",)) for p in secrets.uncovered(trial, hid, shown))
    env = (*(f"XDG_RUNTIME_DIR={runtime}" for _ in own), *sockets.env)
    covers = secrets.mounts(hid, directory)
    return Box((*own, *live, *covers, *back, *sockets.mounts), env, hid, notes, sockets.warnings)


def _live(
    trial: Trial, around: Around, shown: tuple[str, ...], hid: "tuple[Hidden, ...]", directory: str
) -> "tuple[tuple[Mount, ...], tuple[str, ...], tuple[Hidden, ...]]":
    """Return the mounts of live directories, what is said of them, and what is hidden beside and below them.

    What is live may be named within home. Secrets below it stay hidden, in a try of an image and where all of home is
    hidden, too; one that is itself live is there by force, but for hull's store.
    """
    from hull.trials import holes_live

    known = secrets.hidden(trial, around, shown)
    mounts, notes = live = holes_live.live(
        trial.writable, around, tuple(one.path for one in known), secrets.empty(directory)
    )
    rest = (one for one in hid if one.group == secrets.STORE or one.path not in live.paths)
    within = (one for one in known if any(is_below(one.path, path) for path in live.paths))
    return mounts, notes, tuple(dict.fromkeys((*rest, *within)))


def note(directory: str, found: Box, dropped: tuple[tuple[str, str], ...], as_json: "Callable[[object], str]") -> None:
    """Keep beside the container what its last start hid and dropped, for reports: names and paths, no values."""
    hidden = [[one.path, one.group] for one in found.hidden]
    with open(f"{directory}/{FILE}", "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(as_json({"hidden": hidden, "dropped": dropped, "notes": found.notes}))


def noted(directory: str) -> Noted:
    """Return what the last start hid and dropped; nothing where nothing started yet."""
    import json

    try:
        with open(f"{directory}/{FILE}", encoding="utf-8", errors="surrogateescape") as file:
            told = json.load(file)
    except (FileNotFoundError, ValueError):
        return Noted()
    hidden, dropped = (tuple((str(name), str(why)) for name, why in told[key]) for key in ("hidden", "dropped"))
    return Noted(hidden, dropped, tuple(told["notes"]))


def withheld(told: Noted, home: str) -> str:
    """Return one line on what a try was not given, "" where that is nothing: for one that failed."""
    missed = [path for group in MISSED for path, found in told.hidden if found == group]
    shown = [path.replace(home, "~", 1) if path.startswith(f"{home}/") else path for path in missed]
    names = [name for name, why in told.dropped if why == environment.BY_NAME]
    text = [f"it did not see {_few(shown)} (--show)"] if shown else []
    text += [f"it was not given {_few(names)} (-e NAME)"] if names else []
    return "; ".join(text)


def _few(words: list[str]) -> str:
    more = len(words) - MOST_TOLD
    return ", ".join(words[:MOST_TOLD]) + (f" and {more} more" if more > 0 else "")


def runtime(uid: int) -> str:
    """Return XDG_RUNTIME_DIR inside, for the program's uid there."""
    return f"/run/user/{uid}"


def _absolute(words: tuple[str, ...], around: Around) -> tuple[str, ...]:
    """Return a profile's paths: `~` is the home directory, others count from the working directory."""
    homed = (f"{around.home}{word[1:]}" if word.startswith("~/") or word == "~" else word for word in words)
    return tuple(os.path.normpath(os.path.join(around.workdir, word)) for word in homed)


def _processes(limits: tuple[Ulimit, ...], most: int) -> tuple[Ulimit, ...]:
    """Bound the processes, by the caller's own hard limit where that is lower: it cannot be raised."""
    if not most or any(limit.name == "nproc" for limit in limits):
        return limits
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    return (*limits, Ulimit("nproc", bound, bound))

"""The closed box of a try, from this process's surroundings: settled when it is made, closed at each start."""

import os

from hull import log
from hull.commands._container import HOST
from hull.engine import Engine
from hull.light import TYPE_CHECKING, NamedTuple
from hull.model import Spec, Trial
from hull.state.containers import Container
from hull.trials import box, environment, profiles
from hull.trials.environment import Around

if TYPE_CHECKING:
    from hull.config import Settings

Many = tuple[str, ...]


class ProfileRow(NamedTuple):
    """One profile, as `hull try --profile list` shows it."""

    name: str
    user: str
    network: str
    home: str
    summary: str


class HoleRow(NamedTuple):
    """One hole, as `hull try --allow list` shows it."""

    name: str
    opens: str
    warning: str


def listed(engine: Engine, trial: Trial) -> list[ProfileRow] | list[HoleRow]:
    """Return the profiles there are, the user's own among them, or the holes: whichever was asked for by `list`."""
    if trial.profile != "list":
        from hull.trials.holes import HOLES

        return [HoleRow(one.name, one.text, one.warning) for one in HOLES]
    return [
        ProfileRow(
            one.name,
            "yours" if one.keep_id else "root inside",
            " ".join(one.egress) or "everything" if one.network else "on request" if one.named else "none",
            "seen" if one.home else "hidden",
            one.summary,
        )
        for one in profiles.table(_settings(engine)).values()
    ]


def settled(engine: Engine, spec: Spec) -> Spec:
    """Return a new try's spec as its profile, its holes and the settings have it."""
    keeps = os.geteuid() != 0 and engine.identity().flavour == "range"
    return box.settle(spec, _settings(engine), _around(engine, spec), keeps=keeps)


def variables(engine: Engine, trial: Trial, said: Many) -> Many:
    """Return the assignments a try is given: the caller's but those that lead out or hold secrets, then `said`."""
    kept = _passed(engine, trial, said).kept
    return (*(f"{name}={value}" for name, value in kept.items()), *said)


def closed(engine: Engine, row: Container, directory: str, uid: int) -> box.Box:
    """Return what a start of a try adds to its plan; `uid` is the program's inside. What it opens wide is said."""
    spec = row.spec
    trial = spec.trial or Trial()
    found = box.close(trial, _around(engine, spec), directory, box.runtime(uid), host=spec.image == HOST)
    for text in found.warnings:
        engine.events(log.Event("warning", row.name, text))
    for text in found.notes:
        engine.events(log.Event("note", row.name, text))
    if uid != os.geteuid() and spec.image == HOST and "GIT_CONFIG_COUNT" not in os.environ:
        found = found._replace(env=(*environment.GIT, *found.env))
    box.note(directory, found, _passed(engine, trial, spec.env).dropped, engine.db.as_json)
    return found


def _passed(engine: Engine, trial: Trial, said: Many) -> environment.Passed:
    profile = profiles.find(_settings(engine), trial.profile)
    return environment.passed(dict(os.environ), box.wanted(trial, profile), _names(said))


def _names(said: Many) -> frozenset[str]:
    return frozenset(word.partition("=")[0] for word in said)


def _around(engine: Engine, spec: Spec) -> Around:
    places = (engine.paths.data, engine.paths.runtime, engine.paths.config)
    home = os.environ.get("HOME", "")
    if not home.startswith("/"):
        home = _home()
    return Around(dict(os.environ), home, spec.workdir or "/", places)


def _home() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return "/nonexistent"


def _settings(engine: Engine) -> "Settings":
    from hull import config

    return config.load(engine.paths.config)

"""`@hull:IMAGE cmd`: one command in a container of its own that works on this directory, or in one that is there."""

import os

from hull.errors import HullError
from hull.light import Any
from hull.xonsh.caller import caller
from hull.xonsh.scope import ALWAYS, environ_of, pairs
from hull.xonsh.starting import Start


def start(hull: Any, spec: Any, place: str, words: list[Any]) -> list[Any]:
    """Return the command that xonsh is to hold in place of `words`, and let it start them there."""
    from xonsh.tools import XonshError

    environ = environ_of(hull.shell, spec.env)
    said = tuple(spec.env or ())
    passed = {name: environ[name] for name in (*ALWAYS, *said) if name in environ}
    try:
        with caller(environ):
            engine = hull.engine()
            engine.keep()
            try:
                launch = _launch(engine, place, tuple(map(str, words)), pairs(passed))
            finally:
                engine.events.close()
    except HullError as error:
        raise XonshError(f"hull: {error.message} ({error.hint})") from None
    spec.add_decorator(Start(hull, launch))
    return [engine.launcher(), *map(str, words)]


def _launch(engine: Any, place: str, words: tuple[str, ...], env: tuple[str, ...]) -> Any:
    from hull.commands import _entering
    from hull.commands.exec import exec_
    from hull.commands.run import run

    row = _entering.find(engine, place, {})
    if row is not None:
        return exec_(engine, row.id, words, env=env)
    # Root's containers have other ids than root: what they write here is root's by an id-mapped mount.
    here = os.getcwd()
    shared = () if here == "/" else (f"{here}:{here}{':idmap' if os.geteuid() == 0 else ''}",)
    given = {"rm": True, "interactive": True, "entrypoint": "", "user": "0:0"}
    return run(engine, place, words, env=env, volume=shared, workdir=here, **given)

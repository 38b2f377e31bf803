"""What nobody uses any more, and everything: the parts of `system prune` and `system reset` beside images."""

import os

from hull.commands import autostart, rm
from hull.engine import Engine
from hull.errors import HostError, UserError
from hull.units import size


def told(done: dict[str, tuple[list[str], int]]) -> list[str]:
    """Return what a prune prints: what went of each kind, then the bytes that it freed."""
    lines = [line for what, (gone, _) in done.items() if gone for line in (f"Deleted {what}:", *gone, "")]
    return [*lines, f"Total reclaimed space: {size(sum(freed for _, freed in done.values()))}"]


def tell(engine: Engine, kind: str, freed: int) -> None:
    """Tell `hull events` that what nobody uses of a kind went, and the bytes that it freed."""
    engine.history.add(kind, "prune", "", {"reclaimed": str(freed)})


def everything(engine: Engine) -> None:
    """Kill and remove every container, then the store with all that mapped ids own in it, and what starts it at boot.

    A process that goes on afterwards finds an empty store. Settings and credentials stay.
    """
    from hull import paths
    from hull.images.store import LOCK
    from hull.runtime import autostart as starts
    from hull.state import lockfiles

    places = engine.paths
    with lockfiles.held(places.locks, LOCK, wait=False) as alone:
        if not alone:
            raise UserError("cannot reset: an image is being brought or built", "wait for it, or end it")
        rm.rm(engine, tuple(row.id for row in engine.containers.all()), force=True, volumes=True)
        starts.disable(autostart.store_of(engine))
        for name in ("db", "containers", "history", "images", "volumes"):
            made = engine.__dict__.pop(name, None)
            if name == "db" and made is not None:
                made.close()
        for name in sorted(os.listdir(places.data)):
            path = f"{places.data}/{name}"
            if path not in (places.runtime, places.config):
                remove_tree(engine, path)
        remove_tree(engine, places.runtime)
    if engine.resident:
        paths.prepare(places)
    elif not os.listdir(places.data):
        os.rmdir(places.data)


def remove_tree(engine: Engine, path: str) -> None:
    """Remove what the caller owns and what mapped ids own: inside the namespace first, where these are somebody."""
    argv = ["/bin/rm", "-rf", "--one-file-system", "--", path]
    if os.geteuid():
        for flavour in dict.fromkeys((engine.identity().flavour, "single")):
            with engine.confine(argv, flavour, stderr=-3) as child:
                child.wait()
            if not os.path.lexists(path):
                return
    import subprocess

    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if os.path.lexists(path):
        raise HostError(f"cannot remove {path}: {done.stderr.decode(errors='replace').strip()[-300:]}", "try again")

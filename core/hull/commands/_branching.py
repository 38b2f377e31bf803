"""A new container, or a try, that begins with a state of another one: their frozen layers are shared."""

import os

from hull.commands import _container
from hull.engine import Engine
from hull.model import Mount, Spec
from hull.runtime import detached
from hull.state.containers import Container


def make(engine: Engine, origin: str, spec: Spec) -> Container:
    """Return a new container of `spec` that begins as `origin`, NAME or NAME@N, is; on failure nothing of it is left.

    Its image is the origin's. The present of one that has changed since its last checkpoint becomes one.
    """
    from hull.storage import overlay
    from hull.trials import history

    name, number = history.spelt(origin)
    row = engine.containers.find(name)
    spec = spec._replace(image=row.spec.image, userns=row.spec.userns)
    ident = os.urandom(32).hex()
    new = engine.containers.add(ident, spec, row.config)
    try:
        top = row.config.layers[-1] if row.config.layers else "/"
        overlay.prepare(engine.paths.container(ident), engine.identity(spec.userns), top)
        history.share(engine, row, number, new)
    except BaseException:
        _container.discard(engine, new)
        raise
    engine.history.add("container", "create", ident, detached.attributes(spec, new.name))
    return engine.containers.desire(new, "stopped")


def alike(spec: Spec, name: str) -> Spec:
    """Return a container's spec for another one: volumes that nobody named are new ones."""
    return spec._replace(name=name, mounts=tuple(map(_own, spec.mounts)))


def _own(mount: Mount) -> Mount:
    return mount._replace(source=os.urandom(32).hex()) if _container.ANONYMOUS in mount.options else mount

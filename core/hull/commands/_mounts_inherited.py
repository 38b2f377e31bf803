"""`--volumes-from`: the mounts of other containers."""

from hull.commands._container import ANONYMOUS
from hull.engine import Engine
from hull.model import Mount, Spec
from hull.storage import overlay


def find(engine: Engine, spec: Spec) -> list[Mount]:
    """Return what the containers that the spec names have mounted, where it does not itself mount something.

    What they have read-only stays so. Of what goes with one of them its launcher is told to leave it.
    """
    taken = {mount.target for mount in spec.mounts}
    found: list[Mount] = []
    owner = overlay.owner_of(engine.identity(spec.userns))
    for word in spec.volumes_from:
        name, _, mode = word.partition(":")
        for mount in engine.containers.find(name).spec.mounts:
            if mount.kind == "tmpfs" or mount.target in taken:
                continue
            taken.add(mount.target)
            if ANONYMOUS in mount.options:
                engine.volumes.ensure(mount.source, owner, {}, {})
                engine.volumes.share(mount.source)
            options = tuple(option for option in mount.options if option != ANONYMOUS)
            found.append(mount._replace(readonly=mount.readonly or mode == "ro", options=options))
    return found

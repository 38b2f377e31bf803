"""Make a container from a spec: its row, its directory, its own layer. `_start` plans its starts."""

import os

from hull.engine import Engine
from hull.errors import HullError
from hull.model import Identity, Image, Mount, Port, Spec
from hull.runtime import detached, plan
from hull.state.containers import Container

HOST = "host"  # the image that is this machine itself
ANONYMOUS = "anonymous"  # the option of a volume that nobody named: it goes with its container where -v or --rm says so


def make(engine: Engine, spec: Spec) -> Container:
    """Return the new container; nothing runs yet. On failure nothing of it is left."""
    if spec.networks or spec.network.startswith("container:"):
        from hull.commands import _attaching

        spec = _attaching.known(engine, spec)
    if spec.shares:
        from hull.commands import _sharing

        spec = _sharing.known(engine, spec)
    identity = engine.identity(spec.userns)
    image = resolve(engine, spec, identity.layer_flavour)
    spec = finish(mounting(engine, _settled(engine, spec), identity.layer_flavour), image)
    plan.command(spec, image)
    ident = os.urandom(32).hex()
    row = engine.containers.add(ident, spec, image)
    try:
        _fill(image, identity, engine.paths.container(ident))
    except BaseException:
        discard(engine, row)
        raise
    engine.history.add("container", "create", ident, detached.attributes(spec, row.name))
    return row


def _fill(image: Image, identity: Identity, directory: str) -> None:
    from hull.storage import overlay

    overlay.prepare(directory, identity, image.layers[-1] if image.layers else "/")


def resolve(engine: Engine, spec: Spec, flavour: str) -> Image:
    """Return the image, pulled if the spec's policy says so; the host itself has no layers."""
    if spec.image == HOST:
        return Image("", HOST, (), command=(os.environ.get("SHELL", "/bin/sh"),), workdir="/")
    return engine.images.resolve(spec.image, spec.pull, spec.platform, flavour)


def _settled(engine: Engine, spec: Spec) -> Spec:
    """Fill what the settings decide where the user says nothing."""
    words, proxies = spec.egress, spec.http_proxy
    if os.path.exists(f"{engine.paths.config}/config.toml"):
        from hull import config
        from hull.network import egress

        settings = config.load(engine.paths.config)
        if not words and not spec.network.startswith("container:"):  # whose policy is that of the other
            words = egress.check(settings.egress)
        proxies = settings.http_proxy if proxies is None else proxies
    return spec._replace(egress=() if words == ("all",) else words, http_proxy=bool(proxies))


def mounting(engine: Engine, spec: Spec, flavour: str) -> Spec:
    """Return the spec with what its mounts mean now: other containers' mounts, the images behind names."""
    if not spec.volumes_from and all(mount.kind != "image" for mount in spec.mounts):
        return spec
    from hull.commands import _mounts_attached, _mounts_inherited

    mounts = (*spec.mounts, *_mounts_inherited.find(engine, spec))
    return spec._replace(mounts=tuple(_mounts_attached.pinned(engine, mount, flavour) for mount in mounts))


def finish(spec: Spec, image: Image) -> Spec:
    """Fill what the image decides when the user does not; with keep-id, the caller stays who they are."""
    targets = {mount.target for mount in spec.mounts}
    volumes = tuple(Mount("volume", "", path) for path in image.volumes if path not in targets)
    from hull.runtime import idmaps

    own = idmaps.kept(spec.userns)
    caller = None if own is None else f"{own[0]}:{own[1]}"
    return spec._replace(
        user=spec.user or caller,
        stop_signal=spec.stop_signal or image.stop_signal or "TERM",
        ports=(*spec.ports, *(_exposed(spec, image) if spec.publish_all else ())),
        mounts=tuple(map(_named, (*spec.mounts, *volumes))),
    )


def _exposed(spec: Spec, image: Image) -> tuple[Port, ...]:
    """Return the ports that the image or the user exposes and nobody has published by name."""
    from hull.network import ports

    said = {(port.container, port.protocol) for port in spec.ports}
    found = (port for word in (*image.ports, *spec.exposed) for port in ports.parse(word))
    return tuple(port for port in found if (port.container, port.protocol) not in said)


def _named(mount: Mount) -> Mount:
    if mount.kind != "volume" or mount.source:
        return mount
    return mount._replace(source=os.urandom(32).hex(), options=(*mount.options, ANONYMOUS))


def discard(engine: Engine, row: Container) -> None:
    """Remove a container that never ran: most of its files are still the caller's own."""
    import shutil

    volumes = (f"{engine.paths.volumes}/{name}" for name in anonymous(engine, row))
    for path in (engine.paths.container(row.id), *volumes):
        shutil.rmtree(path, ignore_errors=True)
        if os.path.lexists(path):
            _discard_others(engine, path)
    engine.containers.forget(row.id)


def _discard_others(engine: Engine, path: str) -> None:
    """Remove what was given away already; fsck finds what stays."""
    from contextlib import suppress

    from hull.commands._unused import remove_tree

    with suppress(HullError):
        remove_tree(engine, path)


def anonymous(engine: Engine, row: Container) -> list[str]:
    """Return the volumes that nobody named and no other container took."""
    names = (mount.source for mount in row.spec.mounts if ANONYMOUS in mount.options)
    return [name for name in names if not engine.volumes.is_shared(name)]

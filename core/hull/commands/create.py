"""Make a container from a spec: its row, its directory, its plan. `run` starts what this returns."""

import os

from hull import log
from hull.engine import Engine
from hull.errors import HostError, UserError
from hull.light import TYPE_CHECKING
from hull.model import Image, Mount, Spec
from hull.runtime import launch, ops, plan

if TYPE_CHECKING:
    from hull.storage.overlay import Root

HOST = "host"  # the image that is this machine itself


def create(engine: Engine, spec: Spec) -> tuple[str, list[ops.Op]]:
    """Return the new container's id and its plan; nothing runs yet. On failure nothing of it is left."""
    from hull.storage import overlay

    identity = engine.identity(spec.userns)
    image = resolve(engine, spec, identity.flavour)
    spec = finish(spec, image)
    plan.command(spec, image)
    ident = os.urandom(32).hex()
    directory = engine.paths.container(ident)
    engine.containers.add(ident, spec, image)
    try:
        overlay.prepare(directory, identity, image.layers[-1] if image.layers else "/")
        steps = plan.build(spec, image, _site(engine, spec, image, ident))
    except BaseException:
        discard(engine, ident)
        raise
    return ident, steps


def resolve(engine: Engine, spec: Spec, flavour: str) -> Image:
    """Return the image, pulled if the spec's policy says so; the host itself has no layers."""
    if spec.image == HOST:
        return Image("", HOST, (), command=(os.environ.get("SHELL", "/bin/sh"),), workdir="/")
    return engine.images.resolve(spec.image, spec.pull, spec.platform, "single" if flavour == "single" else "range")


def finish(spec: Spec, image: Image) -> Spec:
    """Fill what the image decides when the user does not; with keep-id, the caller stays who they are."""
    volumes = tuple(Mount("volume", "", path) for path in image.volumes if path not in {m.target for m in spec.mounts})
    caller = f"{os.getuid()}:{os.getgid()}" if spec.userns == "keep-id" else None
    return spec._replace(
        user=spec.user or caller,
        stop_signal=spec.stop_signal or image.stop_signal or "TERM",
        mounts=(*spec.mounts, *volumes),
    )


def discard(engine: Engine, ident: str) -> None:
    """Remove a container that never ran: its files are still the caller's own."""
    import shutil

    shutil.rmtree(engine.paths.container(ident), ignore_errors=True)
    engine.containers.forget(ident)


def _site(engine: Engine, spec: Spec, image: Image, ident: str) -> plan.Site:
    from hull.storage import overlay

    directory, identity = engine.paths.container(ident), engine.identity(spec.userns)
    owner = overlay.owner_of(identity)
    nested = engine.session is not None and engine.session.holds(identity)
    attachment = engine.networks.attach(spec, directory, nested)
    for warning in attachment.warnings:
        engine.events(log.Event("warning", spec.network, warning))
    root = _root(engine, spec, image, directory)
    if root.seeded:
        engine.events(log.Event("note", HOST, f"{len(root.seeded)} files that you cannot read look empty inside"))
    if identity.flavour == "single":
        with open(f"{directory}/apt.conf", "w", encoding="utf-8") as file:
            file.write('APT::Sandbox::User "root";\n')
    return plan.Site(
        ident=ident,
        directory=directory,
        flavour=identity.flavour,
        identity=tuple(launch.identity_ops(identity, engine.session)),
        nested=nested,
        root=root.ops,
        root_helper=root.helper,
        attachment=attachment,
        confinement=confinement(spec, identity.flavour),
        cgroup=_cgroup(engine, spec, ident),
        home=_caller_home() if spec.image == HOST else "",
        mounts=tuple(_attach(engine, mount, directory, owner) for mount in spec.mounts),
        devices=tuple(_device(word) for word in spec.devices),
    )


def _root(engine: Engine, spec: Spec, image: Image, directory: str) -> "Root":
    from hull.storage import overlay

    identity = engine.identity(spec.userns)
    if spec.image == HOST:
        return overlay.host_root(directory, engine.host.program("fuse-overlayfs"), overlay.owner_of(identity))
    if identity.flavour == "keep-id":
        from hull.runtime.idmaps import fuse_options

        server = engine.host.program("fuse-overlayfs")
        return overlay.fuse_root(directory, image.layers, server, f",{fuse_options(identity)}")
    return overlay.image_root(directory, image)


def confinement(spec: Spec, flavour: str) -> plan.Confinement:
    """Return what the program may not do, from the spec's capabilities and security options."""
    from hull.runtime import caps, protect, seccomp

    security = protect.parse_security(spec.security, flavour)
    names, bounding, ambient = caps.resolve(spec.cap_add, spec.cap_drop)
    filters = seccomp.filters(security.seccomp, names, alone=flavour == "single")
    return plan.Confinement(
        bounding, ambient, tuple(filters), security.no_new_privileges, security.masked, security.readonly
    )


def _cgroup(engine: Engine, spec: Spec, ident: str) -> str:
    if not spec.limits.asked:
        return ""
    from hull.runtime import cgroups

    return cgroups.apply(spec.limits, ident, resident=engine.resident)


def _attach(engine: Engine, mount: Mount, directory: str, owner: tuple[int, int] | None) -> Mount:
    if mount.kind == "volume":
        from hull.storage import volumes

        if mount.source:
            return mount._replace(source=volumes.ensure(engine.paths, mount.source, owner))
        anonymous = f"{directory}/volumes/{mount.target.strip('/').replace('/', '_')}"
        return mount._replace(source=volumes.make(anonymous, owner))
    if mount.kind == "bind" and not os.path.lexists(mount.source):
        raise UserError(f"cannot mount {mount.source}: no such file or directory", f"mkdir -p {mount.source}")
    return mount


def _device(word: str) -> tuple[str, str]:
    import stat

    source, _, target = word.partition(":")
    try:
        mode = os.stat(source).st_mode
    except OSError as error:
        raise UserError(f"cannot show the device {source}: {error.strerror}", "check the path") from None
    if not (stat.S_ISCHR(mode) or stat.S_ISBLK(mode)):
        raise UserError(f"cannot show {source}: not a device", f"-v {source}:{target} mounts files")
    if not os.access(source, os.R_OK):
        raise HostError(f"cannot open the device {source}: permission denied", "join its group, or ask root for access")
    return source, target


def _caller_home() -> str:
    return os.environ.get("HOME", "/") if os.geteuid() else "/root"

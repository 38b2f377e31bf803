"""Plan a container's start from its row: the first and every later one, over the same upper directory."""

import os

from hull import log
from hull.commands import _proxies
from hull.commands._container import HOST
from hull.engine import Engine
from hull.light import TYPE_CHECKING, Any
from hull.model import Identity, Limits, Mount, Spec
from hull.runtime import launch, ops, plan
from hull.runtime.detached import Detached
from hull.state.containers import Container

if TYPE_CHECKING:
    from hull.commands._attached import Attached
    from hull.runtime.session import Session
    from hull.storage.overlay import Root

LEAVING = 10.0  # seconds that whoever stood beside an ended container may take to go


def plan_of(engine: Engine, row: Container, detached: Detached | None = None, *, ahead: bool = True) -> list[ops.Op]:
    """Return the plan of a start, in the foreground or with a monitor.

    The network is attached anew, volumes are ensured, limits are in force when this returns. With `ahead` a network
    namespace that was made ahead is taken: the plan is carried out.
    """
    link = _link(engine, row, ahead=ahead)
    try:
        site = _site(engine, row, detached, link)
        return plan.build(_proxies.added(engine, _linked(engine, row)), row.config, site)
    except BaseException:
        link.close()
        raise


def check(engine: Engine, row: Container) -> None:
    """Fail as a start would, without taking ports or a control group."""
    for link in row.spec.links:
        engine.containers.find(link.partition(":")[0])
    spec = row.spec._replace(limits=Limits(), ports=(), links=())
    if _meets(spec):
        from hull.commands import _meeting

        _meeting.check(engine, row.spec)
        spec = spec._replace(network="none", networks=(), egress=())
    if spec.shares:  # whoever it is with need not run yet
        spec = spec._replace(pid="", ipc="")
    plan_of(engine, row._replace(spec=spec), Detached(), ahead=False)


def prepared(steps: list[ops.Op], words: tuple[str, ...], ident: str) -> launch.Launch:
    """Return the launch of a plan, with what it must inherit."""
    inherited = [op for op in steps if op[0] in ("userns-join", "namespace-join", "keep") and ops.INHERITED in op[-1]]
    fds = tuple(int(op[-1].removeprefix(ops.INHERITED)) for op in inherited)
    met = any(op[0] == "namespace-join" for op in inherited)
    clients = tuple(int(op[1].removeprefix(ops.INHERITED)) for op in steps if op[0] == "client")
    shared, given = ((), fds) if met else (fds, ())
    return launch.Launch(ops.encode(steps), words, ident, (*shared, *clients), given)


def detach(engine: Engine, row: Container, prepared: launch.Launch) -> None:
    """Start a detached plan and return once the program runs; say at its first start what the login's end does."""
    from hull.runtime import login

    first = not os.path.exists(f"{engine.paths.container(row.id)}/log.json")
    launch.start(prepared, engine.events)
    warning, fix = login.threat() if first else ("", "")
    if warning:
        engine.events(log.Event("warning", row.name, f"{warning} (the fix: {fix})"))


def _linked(engine: Engine, row: Container) -> Spec:
    """Return the spec with the variables that its links bring."""
    if not row.spec.links:
        return row.spec
    from hull.commands import _links

    return row.spec._replace(env=(*_links.variables(engine, row), *row.spec.env))


def _meets(spec: Spec) -> bool:
    """Whether the container's network namespace is there before it, or made to be met by others."""
    return bool(spec.networks) or spec.network.startswith("container:")


def _site(engine: Engine, row: Container, detached: Detached | None, link: "Attached") -> plan.Site:
    from hull.storage import published

    spec, directory = row.spec, engine.paths.container(row.id)
    identity = engine.identity(spec.userns)
    attachment, session = link.attachment, link.outer
    for warning in attachment.warnings:
        engine.events(log.Event("warning", spec.network, warning))
    hidden = attachment.hidden
    published.record(directory, tuple(published.Published(p, p not in hidden) for p in attachment.ports))
    root, trial = _root(engine, row, directory)
    if identity.flavour == "single":
        with open(f"{directory}/apt.conf", "w", encoding="utf-8") as file:
            file.write('APT::Sandbox::User "root";\n')
    made = launch.identity_ops(identity, session)
    made, share = _shared(engine, spec, session, made) if spec.shares else (made, ())
    return plan.Site(
        ident=row.id,
        directory=directory,
        flavour=identity.flavour,
        identity=tuple(made),
        nested=session is not None,
        root=root.ops,
        root_helper=root.helper,
        attachment=attachment,
        confinement=confinement(spec, identity.flavour),
        cgroup=_cgroup(engine, spec, row.id),
        home=caller_home() if spec.image == HOST and spec.trial is None else "",
        mounts=(*trial.pop("mounts", ()), *_mounts(engine, row, directory, identity)),
        devices=_devices(spec),
        name=row.name,
        events=engine.history.path,
        detached=detached,
        share=share,
        **trial,
    )


def _shared(
    engine: Engine, spec: Spec, outer: "Session | None", made: list[ops.Op]
) -> tuple[list[ops.Op], tuple[ops.Op, ...]]:
    """Return the ops of an identity that is another container's, and the one that enters its namespaces."""
    from hull.commands import _sharing
    from hull.runtime import sharing

    door = _sharing.find(engine, spec, outer)
    return sharing.identity_ops(made), (sharing.op(door, spec),)


def _link(engine: Engine, row: Container, *, ahead: bool) -> "Attached":
    """Attach the network."""
    from hull.commands._attached import Attached

    if _meets(row.spec):
        from hull.commands import _attaching

        return _attaching.attach(engine, row)
    session = _outer(engine, row.spec, engine.identity(row.spec.userns))
    directory = engine.paths.container(row.id)
    found = engine.networks.attach(row.spec, directory)
    if ahead and engine.warm is not None and session is not None and session is engine.session:
        from hull.commands import _attaching

        return _attaching.warmed(engine.warm, session, row.spec, found)
    return Attached(found, session)


def _outer(engine: Engine, spec: Spec, identity: Identity) -> "Session | None":
    """Return the user namespace that owns the container's network; None where the container's own does."""
    if spec.egress:
        return engine.outer(identity)
    if spec.shares:  # the one whose processes or IPC it shares
        return None
    return engine.session if engine.session is not None and engine.session.holds(identity) else None


def _mounts(engine: Engine, row: Container, directory: str, identity: Identity) -> tuple[Mount, ...]:
    if not row.spec.mounts:
        return ()
    from hull.commands import _mounts_attached

    return _mounts_attached.attach(_mounts_attached.Start(engine, row, directory, identity))


def _root(engine: Engine, row: Container, directory: str) -> "tuple[Root, dict[str, Any]]":
    """Return the root, and what more a site of a try is told."""
    layers = (*row.config.layers, *_frozen(engine, row))
    image = None if row.spec.image == HOST else _image_root(engine, row.spec, layers, directory)
    if image is not None and row.spec.trial is None:
        return image, {}
    from hull.commands import _trial_root

    return _trial_root.find(engine, row, directory, image)


def _image_root(engine: Engine, spec: Spec, layers: tuple[str, ...], directory: str) -> "Root":
    from hull.storage import overlay

    identity = engine.identity(spec.userns)
    if identity.flavour == "keep-id":
        from hull.runtime.idmaps import fuse_options

        server = engine.host.program("fuse-overlayfs")
        return overlay.fuse_root(directory, layers, server, f",{fuse_options(identity)}")
    return overlay.image_root(directory, layers)


def _frozen(engine: Engine, row: Container) -> tuple[str, ...]:
    """Return the layers between the image and the upper, lowest first; most containers have none."""
    from hull.state.snapshots import Snapshots, Stack

    if not row.spec.checkpoint and Snapshots(engine.db).stack(row.id) == Stack():
        return ()
    from hull.trials import history

    return history.starting(engine, row)


def confinement(spec: Spec, flavour: str) -> plan.Confinement:
    """Return what the program may not do, from the spec's capabilities and security options."""
    from hull.runtime import caps, protect, seccomp

    words = (*(protect.PRIVILEGED if spec.privileged else ()), *spec.security)
    security = protect.parse_security(words, flavour)
    names, bounding, ambient = caps.resolve(*((("ALL",), ()) if spec.privileged else (spec.cap_add, spec.cap_drop)))
    filters = seccomp.filters(security.seccomp, names, alone=flavour == "single")
    if spec.egress:
        filters = (*filters, seccomp.sockets())
    return plan.Confinement(
        bounding, ambient, tuple(filters), security.no_new_privileges, security.masked, security.readonly
    )


def _cgroup(engine: Engine, spec: Spec, ident: str) -> str:
    if not spec.limits.asked:
        return ""
    from hull.runtime import cgroups

    return cgroups.apply(spec.limits, ident, resident=engine.resident)


def _devices(spec: Spec) -> tuple[tuple[str, str], ...]:
    if not spec.devices and not spec.privileged:
        return ()
    from hull.runtime import devices

    found = tuple(map(devices.resolve, spec.devices))
    return (*found, *devices.usable({target for _, target in found})) if spec.privileged else found


def caller_home() -> str:
    """Return the home directory of a container that shows this machine."""
    return os.environ.get("HOME", "/") if os.geteuid() else "/root"

"""Carry a step's program out: the plan of its container, the launcher, and what the program writes."""

import os
import select

from hull.builder.console import Tale
from hull.builder.containers import StepContainer
from hull.builder.workshop import Workshop
from hull.errors import UserError
from hull.light import TYPE_CHECKING, NamedTuple
from hull.model import Attachment, Identity, Image, Spec
from hull.runtime import caps, launch, ops, plan, protect, seccomp
from hull.runtime.devices import resolve
from hull.storage import overlay

if TYPE_CHECKING:
    from hull.runtime.session import Session

CUT = 1 << 16


class Where(NamedTuple):
    """A step's directory, the id of the container that it is in, and what else that container has."""

    directory: str
    ident: str
    container: StepContainer


def run(shop: Workshop, spec: Spec, layers: tuple[str, ...], where: Where, tale: Tale) -> int:
    """Run a step's program; return its exit code."""
    from subprocess import DEVNULL, PIPE, STDOUT

    image = Image("", "build", layers)
    if shop.stopped.is_set():
        raise UserError("the build was stopped")
    prepared = _prepared(shop, spec, image, where)
    errors = PIPE if tale.apart else STDOUT
    with launch.spawn(prepared, stdin=DEVNULL, stdout=PIPE, stderr=errors, env=launch.tied()) as child:
        shop.endings.append(child.kill)
        try:
            _listen([file.fileno() for file in (child.stdout, child.stderr) if file is not None], tale)
            return child.wait()
        except BaseException:
            child.kill()
            raise
        finally:
            shop.endings.remove(child.kill)


def _listen(fds: list[int], tale: Tale) -> None:
    """Show whole lines of output and, where it comes apart, of standard error as they come."""
    rests, poller = (
        dict.fromkeys(fds, b""),
        select.poll(),
    )  # in a server with many clients a descriptor's number is high
    for fd in fds:
        poller.register(fd, select.POLLIN)
    while rests:
        for fd, _ in poller.poll():
            chunk = os.read(fd, 1 << 16)
            *lines, rests[fd] = (rests[fd] + chunk).split(b"\n")
            if rests[fd] and (not chunk or len(rests[fd]) > CUT):
                lines, rests[fd] = [*lines, rests[fd]], b""  # no end comes, or it has grown too long to wait for it
            for line in lines:
                tale.write(line, 1 + fds.index(fd))
            if not chunk:
                poller.unregister(fd)
                del rests[fd]


def _prepared(shop: Workshop, spec: Spec, image: Image, where: Where) -> launch.Launch:
    """Return the start; what it inherits of networks is open until it is spawned."""
    words = ("hull-build", *spec.command)
    met = where.container.meet()
    if met is not None:
        try:
            steps = plan.build(spec, image, _site(shop, spec, image, where, met.attachment, met.outer))
        except BaseException:
            met.close()
            raise
        return where.container.prepared(steps, words)
    kept = shop.engine.session
    session = kept if kept is not None and kept.holds(shop.identity) else None
    # The network is the step's own: raw sockets work, as in any first container; the capability is not given.
    attachment = shop.engine.networks.attach(spec._replace(cap_add=("NET_ADMIN",)), where.container.home)
    site = _site(shop, spec, image, where, attachment, session)
    steps = plan.build(spec._replace(cap_add=("NET_ADMIN",)), image, site)
    return launch.Launch(ops.encode(steps), words, "", (session.fd,) if session is not None else ())


def _site(  # noqa: PLR0917 (each is a different fact)
    shop: Workshop, spec: Spec, image: Image, where: Where, attachment: Attachment, session: "Session | None"
) -> plan.Site:
    identity, home = shop.identity, where.container.home
    if identity.flavour == "single":
        with open(f"{home}/apt.conf", "w", encoding="utf-8") as file:
            file.write('APT::Sandbox::User "root";\n')
    root = overlay.image_root(where.directory, image.layers)
    return plan.Site(
        ident=where.ident, directory=home, flavour=identity.flavour,
        identity=tuple(launch.identity_ops(identity, session)), nested=session is not None, root=root.ops,
        root_helper=root.helper, attachment=attachment, confinement=_confinement(identity), mounts=spec.mounts,
        devices=tuple(map(resolve, spec.devices)), name=where.container.name, events=where.container.events,
    )  # fmt: skip


def _confinement(identity: Identity) -> plan.Confinement:
    """Return what a RUN may not do: what `run` without flags may not."""
    security = protect.parse_security((), identity.flavour)
    names, bounding, ambient = caps.resolve((), ())
    filters = seccomp.filters(security.seccomp, names, alone=identity.flavour == "single")
    return plan.Confinement(
        bounding, ambient, tuple(filters), security.no_new_privileges, security.masked, security.readonly
    )

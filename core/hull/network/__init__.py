"""The ways out of a network namespace: choose one, write what the container reads, return the plan's part."""

import os
from collections.abc import Callable, Iterator

from hull import log
from hull.errors import HostError, UserError
from hull.kernel.features import Host
from hull.model import Attachment, Port, Spec
from hull.network.backend import Around, Backend, Beside, Connection, Policy, Request

NAMES = ("default", "none", "host", "slirp4netns", "pasta")
# The container's root is nobody in a namespace that the session owns; Docker allows both to every user too.
OPEN = (
    ("sysctl", "net.ipv4.ip_unprivileged_port_start", "0"),
    ("sysctl", "net.ipv4.ping_group_range", "@GROUPS"),
)
HOST_NAMES = ("host.hull.internal", "host.docker.internal")
_Written = tuple[tuple[str, ...], Policy]  # what was added to /etc/hosts, and the policy that says more
ALONE = Beside()
OUTSIDE = ("slirp4netns", "pasta")  # what the default tries, the soonest ready first


class Networks:
    """The backends of one host."""

    def __init__(self, host: Host, events: log.Events) -> None:
        self.host = host
        self.events = events

    def attach(self, spec: Spec, directory: str, beside: Beside = ALONE) -> Attachment:
        """Decide one container's network and write resolv.conf, hosts and hostname into its directory.

        The ops are a helper's, and the setting that opens low ports; whether a network namespace is made, and in which
        user namespace, is the plan's. `directory`/upper, where it is there, belongs to the container's root, as what a
        helper writes must.
        """
        request = self._request(spec, directory)._replace(interface=beside.interface)
        backend, warnings = self._choose(spec, request)
        if backend.name in OUTSIDE and spec.ports:
            ports = _claim(spec.ports, lambda port: backend.serves_v6(request, port), self.host.paths.runtime)
            request = request._replace(ports=ports, scratch=scratch(request.scratch, directory))
        connection = backend.connect(request)
        connection = connection._replace(address=beside.address or connection.address)
        hosts, policy = _write(spec, directory, backend, request, connection, beside)
        resolver = _resolver(spec, directory, connection) if beside.resolves else ()
        remove = (("remove", request.scratch),) if spec.ports and backend.name in OUTSIDE else ()
        own = () if backend.name == "host" else OPEN
        return Attachment(
            backend.name,
            (*own, *_apart(spec, backend, connection), *policy.ops, *connection.ops, *resolver, *remove),
            connection.nameservers,
            hosts,
            (*warnings, *connection.warnings, *policy.warnings),
            request.ports,
            tuple(port for port in request.ports if not backend.keeps_source(request, port)),
        )

    def _request(self, spec: Spec, directory: str) -> Request:
        from hull.network import resolver, routes

        known = resolver.read() if spec.network != "none" else resolver.Resolver()
        uplink = routes.Routes() if spec.network in ("none", "host") else routes.read()
        words = tuple(word for word in spec.network.partition(":")[2].split(",") if word)
        return Request(
            self.host, spec.ports, known, uplink, self.place(directory), words,
            host_loopback=spec.host_loopback, mac=spec.mac,
        )  # fmt: skip

    def ahead(self) -> tuple[tuple[str, ...], ...]:
        """Return the ops of the default's uplink, the same for every container; none where it is not slirp4netns's.

        A pasta copies the host's addresses as they are at that moment: made ahead they would be old.
        """
        request = self._request(Spec(""), "ahead")
        backend, _ = self._choose(Spec(""), request)
        if backend.name != "slirp4netns":
            return ()
        connection = backend.connect(request)
        return (*OPEN, *_apart(Spec(""), backend, connection), *connection.ops)

    def place(self, directory: str) -> str:
        """Return the directory of what is beside a container while it runs: sockets, so its path is short."""
        return f"{self.host.paths.runtime}/{os.path.basename(directory)[:16]}"

    def _choose(self, spec: Spec, request: Request) -> tuple[Backend, tuple[str, ...]]:
        name, colon, _ = spec.network.partition(":")
        if name not in NAMES or (colon and name not in OUTSIDE):
            raise UserError(
                f"cannot use --network {spec.network}: it is no way out of a network namespace",
                f"one of {', '.join(NAMES)}; `default` reaches outside, -p publishes a port",
            )
        if name != "default":
            backend = next(_backends((name,)))
            reason = backend.declines(request)
            if reason:
                raise HostError(f"cannot use --network {spec.network}: {reason}", "hull doctor shows what each needs")
            return backend, ()
        reasons = []
        for backend in _backends(OUTSIDE):
            reason = backend.declines(request)
            if not reason:
                return backend, ()
            reasons.append(reason)
        why = "; ".join(dict.fromkeys(reasons))
        if spec.ports:
            raise HostError(f"cannot publish ports: {why}", "hull doctor shows how to install slirp4netns or pasta")
        return next(_backends(("none",))), (f"the container has no network but loopback: {why}",)


def _backends(names: tuple[str, ...]) -> Iterator[Backend]:
    """Give backends one by one, imported when reached."""
    for name in names:
        if name == "none":
            from hull.network.none import Nothing

            yield Nothing()
        elif name == "host":
            from hull.network.host import Shared

            yield Shared()
        elif name == "slirp4netns":
            from hull.network.slirp4netns import Slirp4netns

            yield Slirp4netns()
        else:
            from hull.network.pasta import Pasta

            yield Pasta()


def _claim(ports: tuple[Port, ...], v6: Callable[[Port], bool], runtime: str) -> tuple[Port, ...]:
    from hull.network.ports import claim

    return claim(ports, v6, runtime)


def scratch(path: str, directory: str) -> str:
    """Make a directory for the helper, the container's root's own: not in the store, a socket's path must be short."""
    os.makedirs(path, 0o700, exist_ok=True)
    if os.geteuid() == 0 and os.path.isdir(f"{directory}/upper"):
        owner = os.stat(f"{directory}/upper")
        os.chown(path, owner.st_uid, owner.st_gid)
    return path


def _resolver(spec: Spec, directory: str, connection: Connection) -> tuple[tuple[str, ...], ...]:
    from hull.network import names, resolving

    return resolving.ops(f"{directory}/{names.KNOWN}", names.servers(spec, connection.nameservers))


def _write(  # noqa: PLR0917 (each is a different fact)
    spec: Spec, directory: str, backend: Backend, request: Request, connection: Connection, beside: Beside
) -> _Written:
    from hull.network import names

    shared = backend.name == "host"
    place = names.Place(names.hostname(spec, directory), connection.address, connection.gateway)
    extra = (*names.extra_hosts(spec.hosts, place), *_host_names(spec, backend, connection))
    policy = _policy(spec, shared, Around((*extra, *beside.peers), spec.dns or connection.nameservers, request.ports))
    extra += policy.hosts
    names.write(directory, "hostname", f"{place.hostname}\n")
    names.write(directory, "hosts", names.hosts(place, extra, shared))
    if beside.resolves:
        from hull.network import resolving

        names.write(directory, names.KNOWN, "".join(f"{line}\n" for line in (*names.LOCAL, *extra)))
        options = resolving.options(spec.dns_options, request.resolver.options)
        spec = spec._replace(dns=(resolving.ADDRESS,), dns_options=options)
    names.write(directory, "resolv.conf", names.resolv_conf(spec, request.resolver, connection.nameservers))
    return extra, policy


def _apart(spec: Spec, backend: Backend, connection: Connection) -> tuple[tuple[str, ...], ...]:
    """Return the ops that keep link-local addresses out of reach, those apart that the network itself needs."""
    if spec.link_local or backend.name not in OUTSIDE:
        return ()
    from hull.network import linklocal

    return linklocal.ops((*(spec.dns or connection.nameservers), connection.loopback, *connection.needs))


def _host_names(spec: Spec, backend: Backend, connection: Connection) -> tuple[str, ...]:
    """Return the line of /etc/hosts by which the host's loopback is found, where it may be reached."""
    if connection.loopback:
        return (f"{connection.loopback}\t{' '.join(HOST_NAMES)}",)
    if spec.host_loopback:
        raise HostError(
            f"cannot reach this machine's loopback: {backend.name} has no address for it here",
            "leave out --host-loopback, or take --network slirp4netns",
        )
    return ()


def _policy(spec: Spec, shared: bool, around: Around) -> Policy:
    if not spec.egress:
        return Policy()
    if shared:
        raise UserError(
            "cannot filter the host's network: --egress needs one of the container's own",
            "leave out --network host, or say --egress all where the settings ask for a policy",
        )
    from hull.network import egress

    return egress.decide(spec.egress, around)

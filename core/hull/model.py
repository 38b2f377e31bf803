"""Frozen values the siblings exchange. Named tuples, not dataclasses: importing those costs 10 ms of a cold start."""

from hull.light import Any, NamedTuple


def from_json(data: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a value that was plain JSON types: its lists are tuples again, what is in them stays."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}


class Mount(NamedTuple):
    """One thing attached inside the container.

    `kind` is bind, volume, tmpfs or image; `source` a host path, a volume's name or an image; `options` the words of
    --mount that are neither of these (`nosuid`, `rbind`, `size=…`, `mode=…`, `propagation=…`, `nocopy`).
    """

    kind: str
    source: str
    target: str
    readonly: bool = False
    options: tuple[str, ...] = ()


class Port(NamedTuple):
    """A published port. `host` 0 asks for a free one; `address` empty means every local address.

    `last`, where it is not 0, ends the range of host ports that begins at `host` and leaves the choice.
    """

    container: int
    host: int = 0
    protocol: str = "tcp"
    address: str = ""
    last: int = 0


class Endpoint(NamedTuple):
    """A named network that a container is on, and what was asked of it there; "" where hull chooses.

    `links` are CONTAINER:ALIAS, names that this container alone has for others there; `link_local` more addresses;
    `options` KEY=VALUE words of Docker's API, which only come back.
    """

    network: str
    aliases: tuple[str, ...] = ()
    address: str = ""
    address6: str = ""
    mac: str = ""
    links: tuple[str, ...] = ()
    link_local: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


class Ulimit(NamedTuple):
    """A resource limit; -1 is unlimited. `name` as setrlimit's RLIMIT_ word in lower case (nofile, nproc, core)."""

    name: str
    soft: int
    hard: int


class Limits(NamedTuple):
    """Control-group limits; None and () are not asked. Bytes, cores, processes.

    `shares` (2…262144) and `block_weight` (10…1000) are Docker's relative weights. `devices` are rates, each
    `rbps|wbps|riops|wiops PATH RATE`. `oom_score` is the program's own and needs no control group.
    """

    memory: int | None = None
    memory_swap: int | None = None
    cpus: float | None = None
    pids: int | None = None
    cpuset: str | None = None
    reservation: int | None = None
    shares: int | None = None
    block_weight: int | None = None
    devices: tuple[str, ...] = ()
    oom_score: int | None = None

    @property
    def asked(self) -> bool:
        """Whether any limit was asked that needs a control group."""
        return self._replace(oom_score=None) != Limits()

    @classmethod
    def decode(cls, data: dict[str, Any]) -> "Limits":
        """Rebuild from plain JSON types."""
        return cls(**from_json(data))


class Health(NamedTuple):
    """How a container's health is asked for.

    `command` is Docker's Test: `CMD` and an argv, `CMD-SHELL` and one line, `NONE` alone; empty takes the image's.
    Times are seconds; a number that is 0 was not said.
    """

    command: tuple[str, ...] = ()
    interval: float = 0.0
    timeout: float = 0.0
    retries: int = 0
    start_period: float = 0.0
    start_interval: float = 0.0


class Trial(NamedTuple):
    """What was asked of a try: this machine's own files, or an image's, copy-on-write, closed unless said.

    `engine` is auto, kernel or fuse. `hide` and `show` are absolute paths, beside the profile's list of secrets and
    taken from it; `writable` are directories whose changes are made on the host at once. `allow` names holes
    (ssh-agent, dbus, docker, …). `record` keeps the commands for `hull recipe`. Without `home` nothing of the home
    directory is seen but what leads to the working directory.
    """

    engine: str = "auto"
    profile: str = "default"
    hide: tuple[str, ...] = ()
    show: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    record: bool = False
    home: bool = True


def _trial(value: Any) -> Trial | None:
    return None if value is None else Trial(**from_json(value))


def _health(value: Any) -> Health | None:
    return None if value is None else Health(**from_json(value))


class Spec(NamedTuple):
    """What was asked of one container: a value that serialises (`spec.encode()`), free of this host's decisions.

    None means "not said": the image or the default decides. Source of the words: Docker's run reference. `restart` is
    no, on-failure[:N], always or unless-stopped; `log_driver` json-file, none, or "" for what fits the start. `idle`
    executes nothing: the container is there to be entered. `trial` makes it a try; `checkpoint` is `auto` where every
    command's end is one. `exposed` are ports as an image exposes them, `links` CONTAINER:ALIAS; `pid`, `ipc` and `uts`
    are "" or host, `ipc` none, too; `mac` is that of a way out; `said` JSON of what a client of Docker's API said and
    only hears again.
    """

    image: str
    name: str = ""
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    env: tuple[str, ...] = ()
    workdir: str | None = None
    user: str | None = None
    groups: tuple[str, ...] = ()
    hostname: str | None = None
    labels: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    readonly: bool = False
    network: str = "default"
    ports: tuple[Port, ...] = ()
    hosts: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    security: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    ulimits: tuple[Ulimit, ...] = ()
    shm_size: int | None = None
    sysctls: tuple[str, ...] = ()
    limits: Limits = Limits()
    init: bool = True
    pull: str = "missing"
    platform: str = ""
    stop_signal: str | None = None
    stop_timeout: float | None = None
    userns: str = "auto"
    interactive: bool = False
    tty: bool = False
    remove: bool = False
    restart: str = "no"
    log_driver: str = ""
    log_options: tuple[str, ...] = ()
    health: Health | None = None
    egress: tuple[str, ...] = ()
    volumes_from: tuple[str, ...] = ()
    networks: tuple[Endpoint, ...] = ()
    host_loopback: bool = False
    http_proxy: bool | None = None
    publish_all: bool = False
    link_local: bool = False
    idle: bool = False
    trial: Trial | None = None
    checkpoint: str = ""
    exposed: tuple[str, ...] = ()
    domainname: str = ""
    links: tuple[str, ...] = ()
    privileged: bool = False
    pid: str = ""
    ipc: str = ""
    uts: str = ""
    said: str = ""
    mac: str = ""

    def host_name(self, ident: str) -> str:
        """Return the name inside: the one asked for, else the short id; "" where the host's own is kept."""
        if self.hostname is not None:
            return self.hostname
        return "" if self.network == "host" or self.uts else ident[:12]

    @property
    def shares(self) -> bool:
        """Whether its processes or its IPC are another container's, too."""
        return self.pid.startswith("container:") or self.ipc.startswith("container:")

    @property
    def administers_network(self) -> bool:
        """Whether CAP_NET_ADMIN was asked for."""
        return self.privileged or any(cap.upper().removeprefix("CAP_") in ("NET_ADMIN", "ALL") for cap in self.cap_add)

    def encode(self) -> dict[str, Any]:
        """Return plain JSON types; `Spec.decode` is the inverse."""
        data = self._asdict()
        data["mounts"] = [m._asdict() for m in self.mounts]
        data["ports"] = [p._asdict() for p in self.ports]
        data["ulimits"] = [u._asdict() for u in self.ulimits]
        data["limits"] = self.limits._asdict()
        data["health"] = None if self.health is None else self.health._asdict()
        data["networks"] = [endpoint._asdict() for endpoint in self.networks]
        data["trial"] = None if self.trial is None else self.trial._asdict()
        return data

    @classmethod
    def decode(cls, data: dict[str, Any]) -> "Spec":
        """Rebuild a spec; fields that a newer hull wrote are an error, fields it lacks take their defaults."""
        values = from_json(data)
        values["mounts"] = tuple(Mount(**from_json(m)) for m in data.get("mounts", ()))
        values["ports"] = tuple(Port(**p) for p in data.get("ports", ()))
        values["ulimits"] = tuple(Ulimit(**u) for u in data.get("ulimits", ()))
        values["limits"] = Limits.decode(data.get("limits", {}))
        values["health"] = _health(data.get("health"))
        values["networks"] = tuple(Endpoint(**from_json(e)) for e in data.get("networks", ()))
        values["trial"] = _trial(data.get("trial"))
        return cls(**values)


class Image(NamedTuple):
    """An image that is here and whole: the store's answer to a reference.

    `layers` are absolute directories, lowest first; `id` is the config's digest (`sha256:<64 hex>`); the other fields
    are the OCI image config's, with its defaults filled in.
    """

    id: str
    reference: str
    layers: tuple[str, ...]
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    workdir: str = ""
    user: str = ""
    stop_signal: str = ""
    volumes: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    architecture: str = ""
    os: str = "linux"
    variant: str = ""
    health: Health | None = None
    shell: tuple[str, ...] = ()

    def encode(self) -> dict[str, Any]:
        """Return plain JSON types; `Image.decode` is the inverse."""
        return {**self._asdict(), "health": None if self.health is None else self.health._asdict()}

    @classmethod
    def decode(cls, data: dict[str, Any]) -> "Image":
        """Rebuild an image; fields that an older hull did not know take their defaults."""
        return cls(**{**from_json(data), "health": _health(data.get("health"))})


class IdMap(NamedTuple):
    """One extent of a user-namespace map: ids `inside`… are `outside`… seen from the parent, `length` of them."""

    inside: int
    outside: int
    length: int


def id_inside(extents: tuple[IdMap, ...], outside: int) -> int | None:
    """Return what a map shows of the id `outside`; None where it has no number inside."""
    return next((m.inside + outside - m.outside for m in extents if m.outside <= outside < m.outside + m.length), None)


def id_outside(extents: tuple[IdMap, ...], inside: int) -> int | None:
    """Return the id that a map shows as `inside`; None where it shows none as that."""
    return next((m.outside + inside - m.inside for m in extents if m.inside <= inside < m.inside + m.length), None)


class Identity(NamedTuple):
    """How the caller's ids become a container's.

    `flavour` is range (a subordinate range), single (one id only) or keep-id. `helpers` are the set-uid programs that
    write the maps, absolute paths, empty where the kernel lets the caller write them.
    """

    flavour: str
    uids: tuple[IdMap, ...]
    gids: tuple[IdMap, ...]
    helpers: tuple[str, str] | tuple[()] = ()

    @property
    def layer_flavour(self) -> str:
        """The flavour of the layers it uses, range or single: keep-id moves ids of the range, it unpacks nothing."""
        return "single" if self.flavour == "single" else "range"


class Attachment(NamedTuple):
    """What a network backend decided for one container: words for the plan and files for /etc.

    `namespace` is the path of a network namespace that is there before the container; "" where one is made for it.
    """

    backend: str
    ops: tuple[tuple[str, ...], ...]
    nameservers: tuple[str, ...]
    hosts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    hidden: tuple[Port, ...] = ()
    namespace: str = ""

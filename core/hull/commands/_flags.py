"""What run and create ask of a container, one definition for both: flags become a Spec."""

import os

from hull.commands import _life, _limits, _mounts, _network_words, _words
from hull.commands._verb import Flag, Word
from hull.errors import UserError
from hull.light import Annotated
from hull.model import Spec

Many = tuple[str, ...]


def asked(
    image: Annotated[str, Word("image to start from; `host` is this machine, copy-on-write", complete="image")],
    command: Annotated[Many, Word("program and arguments; the image's own if none", rest=True)] = (),
    *,
    interactive: Annotated[bool, Flag("keep standard input open (it always is, in the foreground)", "i")] = False,
    tty: Annotated[
        bool, Flag("the program gets the terminal's foreground, or a terminal of its own in a pipe", "t")
    ] = False,
    rm: Annotated[bool, Flag("remove the container when it ends")] = False,
    name: Annotated[str, Flag("name it", metavar="NAME")] = "",
    env: Annotated[Many, Flag("set a variable; NAME alone passes the caller's", "e", "NAME[=VALUE]")] = (),
    env_file: Annotated[Many, Flag("read variables from a file", metavar="FILE", complete="path")] = (),
    workdir: Annotated[str | None, Flag("start in this directory, made if missing", "w", "DIR")] = None,
    user: Annotated[str | None, Flag("become this user", "u", "NAME|UID[:GROUP|GID]")] = None,
    group_add: Annotated[Many, Flag("add a group", metavar="GROUP")] = (),
    volume: Annotated[Many, Flag("mount a path or volume", "v", "[SOURCE:]TARGET[:ro]", complete="volume-mount")] = (),
    mount: Annotated[Many, Flag("mount, spelt out", metavar="type=bind,source=…,target=…")] = (),
    tmpfs: Annotated[Many, Flag("mount an empty tmpfs", metavar="TARGET[:size=…]")] = (),
    volumes_from: Annotated[
        Many, Flag("mount what another container has mounted", metavar="CONTAINER[:ro]", complete="container")
    ] = (),
    read_only: Annotated[bool, Flag("make the root file system read-only")] = False,
    network: Annotated[
        Many,
        Flag(
            "a network's name, default, none, host, slirp4netns, pasta or container:NAME",
            metavar="NET[:ip=…,alias=…]",
            complete="network",
            aliases=("net",),
        ),
    ] = (),
    network_alias: Annotated[Many, Flag("another name on the first network", metavar="NAME")] = (),
    ip: Annotated[str, Flag("its IPv4 address on the first network", metavar="ADDRESS")] = "",
    ip6: Annotated[str, Flag("its IPv6 address on the first network", metavar="ADDRESS")] = "",
    mac_address: Annotated[str, Flag("its hardware address on the first network", metavar="MAC")] = "",
    publish: Annotated[Many, Flag("publish a port", "p", "[[ADDRESS:]HOST:]PORT[/udp]")] = (),
    publish_all: Annotated[
        bool, Flag("publish every port that the image exposes, at numbers that are free", "P")
    ] = False,
    host_loopback: Annotated[
        bool, Flag("let host.hull.internal and host.docker.internal reach this machine's loopback")
    ] = False,
    link_local: Annotated[
        bool, Flag("let it reach link-local addresses, a cloud's metadata service (169.254.169.254) among them")
    ] = False,
    http_proxy: Annotated[bool | None, Flag("pass the caller's proxy variables on, at each start")] = None,
    hostname: Annotated[str | None, Flag("host name inside", "h", "NAME")] = None,
    add_host: Annotated[Many, Flag("add a line to /etc/hosts", metavar="NAME:ADDRESS")] = (),
    dns: Annotated[Many, Flag("use this name server", metavar="ADDRESS")] = (),
    dns_search: Annotated[Many, Flag("search this domain", metavar="DOMAIN")] = (),
    dns_option: Annotated[Many, Flag("set a resolver option", metavar="OPTION")] = (),
    egress: Annotated[
        Many, Flag("reach this and nothing else: none, dns, HOST:PORT", metavar="HOST:PORT[/udp]", complete="egress")
    ] = (),
    entrypoint: Annotated[str | None, Flag("run this instead of the image's entry point", metavar="PROGRAM")] = None,
    cap_add: Annotated[Many, Flag("add a capability", metavar="CAP", complete="capability")] = (),
    cap_drop: Annotated[Many, Flag("drop a capability, or ALL", metavar="CAP", complete="capability")] = (),
    security_opt: Annotated[
        Many, Flag("seccomp=FILE|unconfined, no-new-privileges, systempaths=unconfined", metavar="OPTION")
    ] = (),
    privileged: Annotated[bool, Flag("refused: nothing here could grant it")] = False,
    device: Annotated[Many, Flag("show a device of the host", metavar="PATH[:PATH]", complete="path")] = (),
    ulimit: Annotated[Many, Flag("set a resource limit", metavar="NAME=SOFT[:HARD]")] = (),
    shm_size: Annotated[str | None, Flag("size of /dev/shm", metavar="SIZE")] = None,
    sysctl: Annotated[Many, Flag("set a kernel parameter of the container's namespaces", metavar="NAME=VALUE")] = (),
    memory: Annotated[str | None, Flag("limit memory", "m", "SIZE")] = None,
    memory_swap: Annotated[str | None, Flag("limit memory and swap together; -1 is unlimited", metavar="SIZE")] = None,
    cpus: Annotated[float | None, Flag("limit processor time, in cores", metavar="N")] = None,
    cpuset_cpus: Annotated[str | None, Flag("run on these processors", metavar="LIST")] = None,
    pids_limit: Annotated[int | None, Flag("limit the number of processes", metavar="N")] = None,
    memory_reservation: Annotated[str | None, Flag("protect this much memory from reclaim", metavar="SIZE")] = None,
    memory_swappiness: Annotated[int | None, Flag("refused: cgroup v2 has no such setting", metavar="N")] = None,
    oom_kill_disable: Annotated[bool, Flag("refused: cgroup v2 has no such setting")] = False,
    oom_score_adj: Annotated[int | None, Flag("whom to kill first when memory ends", metavar="N")] = None,
    cpu_shares: Annotated[int | None, Flag("relative weight of processor time, 1024 is usual", "c", "N")] = None,
    blkio_weight: Annotated[int | None, Flag("relative weight of disk time, 10 to 1000", metavar="N")] = None,
    device_read_bps: Annotated[Many, Flag("limit reading, in bytes a second", metavar="DISK:RATE")] = (),
    device_write_bps: Annotated[Many, Flag("limit writing, in bytes a second", metavar="DISK:RATE")] = (),
    device_read_iops: Annotated[Many, Flag("limit reads a second", metavar="DISK:RATE")] = (),
    device_write_iops: Annotated[Many, Flag("limit writes a second", metavar="DISK:RATE")] = (),
    init: Annotated[bool, Flag("run a small init as pid 1 (the default); --no-init leaves it out")] = True,
    pull: Annotated[str, Flag("when to pull", choices=("missing", "always", "never"))] = "missing",
    platform: Annotated[str, Flag("choose among an image's platforms", metavar="OS/ARCH[/VARIANT]")] = "",
    label: Annotated[Many, Flag("attach a label", "l", "KEY[=VALUE]")] = (),
    stop_signal: Annotated[str | None, Flag("signal that `stop` sends", metavar="SIGNAL")] = None,
    stop_timeout: Annotated[float | None, Flag("seconds `stop` waits", metavar="SECONDS")] = None,
    userns: Annotated[
        str, Flag("how ids are mapped: auto, keep-id[:uid=N,gid=N] or single", metavar="MODE", complete="userns")
    ] = "auto",
    pid: Annotated[
        str,
        Flag(
            "host shows this machine's processes, which it cannot signal; container:NAME shares those of another",
            metavar="MODE",
            complete="pid-space",
        ),
    ] = "",
    ipc: Annotated[
        str,
        Flag(
            "shareable: others may have it, too, by container:NAME; host: this machine's; none: no /dev/shm",
            metavar="MODE",
            complete="ipc-space",
        ),
    ] = "",
    uts: Annotated[str, Flag("host keeps this machine's host name", metavar="MODE", choices=("", "host"))] = "",
    restart: Annotated[
        str, Flag("start again when it ends: no, on-failure[:N], always or unless-stopped", metavar="POLICY")
    ] = "no",
    log_driver: Annotated[str, Flag("where output is kept: json-file or none", metavar="DRIVER")] = "",
    log_opt: Annotated[Many, Flag("max-size=SIZE and max-file=N rotate the log", metavar="KEY=VALUE")] = (),
    health_cmd: Annotated[str | None, Flag("a shell command that succeeds while it is healthy", metavar="TEXT")] = None,
    health_interval: Annotated[str | None, Flag("between two checks, 30s", metavar="TIME")] = None,
    health_timeout: Annotated[str | None, Flag("how long one may take, 30s", metavar="TIME")] = None,
    health_retries: Annotated[int | None, Flag("failures in a row that make it unhealthy, 3", metavar="N")] = None,
    health_start_period: Annotated[str | None, Flag("failures do not count that long", metavar="TIME")] = None,
    health_start_interval: Annotated[str | None, Flag("between two checks until then, 5s", metavar="TIME")] = None,
    no_healthcheck: Annotated[bool, Flag("do without the image's health check")] = False,
    checkpoint: Annotated[
        str,
        Flag(
            "let what each command, start and stop leaves be undone, with hull log, undo and redo",
            metavar="auto",
            choices=("auto",),
        ),
    ] = "",
) -> Spec:
    """Return the spec that the words and flags of run and create ask for."""
    if privileged:
        raise UserError(
            "cannot run --privileged: without root there is no privilege to give",
            "name what is needed: --cap-add, --device, --security-opt seccomp=unconfined, --network host",
        )
    if pid.startswith("container:") and not init:
        raise UserError(
            "cannot share processes without an init: what its program leaves behind would run on",
            "leave out --no-init",
        )
    from hull.network import ports

    way, networks = _network_words.read(network, _network_words.Scoped(network_alias, ip, ip6, mac_address))
    return Spec(
        image=image,
        name=container_name(name),
        command=command,
        entrypoint=None if entrypoint is None else (entrypoint,),
        env=_words.environment(env, env_file, dict(os.environ)),
        workdir=workdir,
        user=user,
        groups=group_add,
        hostname=hostname,
        labels=label,
        mounts=_mounts.read(volume, mount, tmpfs),
        volumes_from=tuple(map(_mounts.inherited, volumes_from)),
        readonly=read_only,
        network=way,
        networks=networks,
        mac="" if networks else _network_words.mac_address(mac_address, way),
        ports=tuple(port for word in publish for port in ports.parse(word)),
        publish_all=publish_all,
        host_loopback=host_loopback,
        http_proxy=http_proxy,
        link_local=link_local,
        hosts=add_host,
        dns=dns,
        dns_search=dns_search,
        dns_options=dns_option,
        cap_add=cap_add,
        cap_drop=cap_drop,
        security=security_opt,
        devices=tuple(_words.device(word) for word in device),
        ulimits=tuple(_words.ulimit(word) for word in ulimit),
        shm_size=None if shm_size is None else _words.size(shm_size),
        sysctls=sysctl,
        limits=_limits.read(
            memory=memory,
            memory_swap=memory_swap,
            memory_reservation=memory_reservation,
            memory_swappiness=memory_swappiness,
            oom_kill_disable=oom_kill_disable,
            oom_score_adj=oom_score_adj,
            cpus=cpus,
            cpu_shares=cpu_shares,
            cpuset_cpus=cpuset_cpus,
            pids_limit=pids_limit,
            blkio_weight=blkio_weight,
            read_bps=device_read_bps,
            write_bps=device_write_bps,
            read_iops=device_read_iops,
            write_iops=device_write_iops,
        ),
        init=init,
        pull=pull,
        platform=platform,
        stop_signal=_signal(stop_signal),
        stop_timeout=stop_timeout,
        userns=userns,
        interactive=interactive,
        tty=tty,
        remove=rm,
        restart=_life.restart(restart, remove=rm),
        log_driver=_life.log_driver(log_driver),
        log_options=_life.log_options(log_driver, log_opt),
        health=_life.health(
            health_cmd,
            (health_interval, health_timeout, health_start_period, health_start_interval),
            health_retries,
            none=no_healthcheck,
        ),
        egress=reached(egress),
        checkpoint=checkpoint,
        pid=_space("pid", pid, ("", "private", "host")),
        ipc=_space("ipc", ipc, ("", "private", "shareable", "host", "none")),
        uts=_own_name(uts, hostname),
    )


def _space(flag: str, mode: str, words: Many) -> str:
    """Return the mode of a namespace, checked; "" is one of its own."""
    kind, _, name = mode.partition(":")
    if mode not in words and (kind != "container" or not name):
        raise UserError(f"invalid --{flag} {mode!r}", f"write one of {', '.join(words[1:])} or container:NAME")
    return "" if mode == "private" else mode


def _own_name(uts: str, hostname: str | None) -> str:
    if uts and hostname is not None:
        raise UserError("cannot set a host name together with --uts host", "leave out one of them")
    return uts


def reached(words: Many) -> Many:
    """Check --egress."""
    if not words:
        return ()
    from hull.network import egress

    return egress.check(words)


def free(cidfile: str) -> None:
    """Refuse a --cidfile that exists."""
    if cidfile and os.path.lexists(cidfile):
        raise UserError(f"cannot write {cidfile}: it exists", "remove it, or choose another --cidfile")


def write_cid(cidfile: str, ident: str) -> None:
    """Write --cidfile, where it was asked."""
    if cidfile:
        with open(cidfile, "x", encoding="ascii") as file:
            file.write(ident)


def _signal(word: str | None) -> str | None:
    if word is None:
        return None
    from hull.runtime import signals

    return signals.name(signals.number(word))


def container_name(name: str) -> str:
    """Return the name, checked; "" is one to be made up."""
    allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
    if name and (name[0] in "_.-" or name.strip(allowed)):
        raise UserError(
            f"cannot name a container {name!r}", "names are letters, digits, '_', '.', '-'; a letter or digit first"
        )
    return name

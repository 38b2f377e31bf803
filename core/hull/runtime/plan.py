"""What was asked becomes an ordered list of ops: pure, without a kernel, without reading anything."""

from hull.errors import UserError
from hull.light import TYPE_CHECKING, NamedTuple
from hull.model import Attachment, Image, Mount, Spec
from hull.runtime import mounts
from hull.runtime.ops import Op

if TYPE_CHECKING:
    from hull.runtime.detached import Detached

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
LINKS = (
    ("/proc/self/fd", "/dev/fd"),
    ("/proc/self/fd/0", "/dev/stdin"),
    ("/proc/self/fd/1", "/dev/stdout"),
    ("/proc/self/fd/2", "/dev/stderr"),
    ("pts/ptmx", "/dev/ptmx"),
)
TTY_GID = 5
DEFAULT_SHM = 64 << 20
UMASK = "022"
IDLE = "hull-wait"  # how a container that runs nothing shows itself
APT_CONFIG = "/dev/hull-apt.conf"  # apt drops to its own user, which a single-id map does not have


class Confinement(NamedTuple):
    """What the program may not do, decided by runtime.caps, runtime.seccomp and runtime.protect."""

    bounding: str
    ambient: str
    filters: tuple[str, ...]
    no_new_privileges: bool
    masked: tuple[str, ...]
    readonly: tuple[str, ...]


class Site(NamedTuple):
    """What this host answers for one container. `root` makes its root file system, `root_helper` serves it.

    `files` of its directory are shown in /etc; `hidden` are paths inside that it shall not see, beside what everyone
    may not. `env` is set before what the spec sets.
    """

    ident: str
    directory: str
    flavour: str
    identity: tuple[Op, ...]
    nested: bool
    root: tuple[Op, ...]
    root_helper: tuple[Op, ...]
    attachment: Attachment
    confinement: Confinement
    cgroup: str = ""
    home: str = ""
    mounts: tuple[Mount, ...] = ()
    devices: tuple[tuple[str, str], ...] = ()
    name: str = ""
    events: str = ""
    detached: "Detached | None" = None
    files: tuple[str, ...] = ("resolv.conf", "hostname", "hosts")
    hidden: tuple[str, ...] = ()
    umask: str = UMASK
    env: tuple[str, ...] = ()
    share: tuple[Op, ...] = ()


def build(spec: Spec, image: Image, site: Site) -> list[Op]:
    """Return the whole plan of a container, in the order in which it happens."""
    spec = spec._replace(env=(*site.env, *spec.env))
    return [
        ("id", site.ident),
        ("status", f"{site.directory}/status"),
        *_beside(spec, image, site),
        *([("cgroup", site.cgroup)] if site.cgroup else []),
        *site.identity,
        *_namespaces(spec, site),
        *site.attachment.ops,
        *site.root_helper,
        *site.root,
        *_system_mounts(spec, site),
        *_files(site),
        *mounts.ops(site.mounts),
        *([("root-readonly",)] if spec.readonly else []),
        *[("mask", path) for path in (*site.confinement.masked, *site.hidden)],
        *[("readonly", path) for path in site.confinement.readonly],
        *_settings(spec, site),
        *resources(spec),
        *program(spec, image, site.ident, site.confinement, site.flavour, site.home, umask=site.umask),
        *mounts.owners(site.mounts),
        ("terminal", "tty" if spec.tty else "inherit"),
        *([("stand-in", "wait")] if spec.idle else (("arg", word) for word in command(spec, image))),
        *(_removed(site) if spec.remove else []),
    ]


def _beside(spec: Spec, image: Image, site: Site) -> list[Op]:
    """Return what is told, and who stays, beside the container."""
    if not site.events:
        return []
    from hull.runtime import detached
    from hull.state import events

    plan: list[Op] = [("events", site.events, events.encode(detached.attributes(spec, site.name)))]
    plan += [("volume", name, events.encode(words)) for name, words in mounts.told(spec.mounts, site.ident)]
    return plan if site.detached is None else [*plan, *detached.monitor(spec, image, site.directory, site.detached)]


def _removed(site: Site) -> list[Op]:
    volumes = (m.source.removesuffix("/_data") for m in site.mounts if m.kind == "volume" and "anonymous" in m.options)
    return [*(("remove-volume", path) for path in volumes), ("remove", site.directory)]


def execution(
    spec: Spec, words: tuple[Op, ...], process: tuple[int, int], program: tuple[Op, ...], cgroup: str = ""
) -> list[Op]:
    """Return the plan that runs a program inside a running container whose pid 1 is `process` (pid, start tick).

    `words` are its streams and its arguments, or what stands in for it.

    `program` comes from `program()`, with the container's own spec or one changed by exec's flags; `cgroup` is the
    container's, where it has one of its own.
    """
    return [
        *([("cgroup", cgroup)] if cgroup else []),
        ("join", str(process[0]), str(process[1]), "user,mount,pid,ipc,uts,net,cgroup"),
        *resources(spec),
        *program,
        ("terminal", "tty" if spec.tty else "inherit"),
        *words,
    ]


def command(spec: Spec, image: Image) -> tuple[str, ...]:
    """Return the program and its arguments by Docker's rule: --entrypoint drops the image's command.

    An entry point of one empty word is none, and so is one of no word, which leaves the image's command.
    """
    if spec.idle:
        return (IDLE,)
    if spec.entrypoint is None:
        words = (*image.entrypoint, *(spec.command or image.command))
    elif not spec.entrypoint:
        words = spec.command or image.command
    else:
        words = (*(spec.entrypoint if spec.entrypoint != ("",) else ()), *spec.command)
    if not words:
        raise UserError(f"cannot run {spec.image}: the image names no command", "give one after the image's name")
    return words


def environment(spec: Spec, image: Image, hostname: str) -> dict[str, str]:
    """Merge defaults, the image's variables and the user's, later ones win; the order of first mention is kept.

    A name without a value takes the variable away.
    """
    env = {"PATH": PATH}
    if hostname:
        env["HOSTNAME"] = hostname
    if spec.tty:
        env["TERM"] = "xterm"
    for assignment in (*image.env, *spec.env):
        key, equals, value = assignment.partition("=")
        if equals:
            env[key] = value
        else:
            env.pop(key, None)
    return env


def _namespaces(spec: Spec, site: Site) -> list[Op]:
    shared = [kind for kind in ("ipc", "uts") if getattr(spec, kind) == "host"]
    shared += [kind for kind in ("pid", "ipc") if getattr(spec, kind).startswith("container:")]
    plan: list[Op] = [("namespace", kind) for kind in ("mount", "pid", "ipc", "uts", "cgroup") if kind not in shared]
    plan += site.share
    if site.attachment.namespace:
        plan.append(("namespace-join", "net", site.attachment.namespace))
    elif site.attachment.backend != "host":
        outer = site.nested and (
            bool(spec.egress) or not spec.administers_network
        )  # a policy is not the program's to undo
        plan.append(("namespace", "net-outer" if outer else "net"))
    return plan


def _system_mounts(spec: Spec, site: Site) -> list[Op]:
    group = f",gid={TTY_GID}" if site.flavour != "single" else ""
    own_network = site.attachment.backend != "host"
    return [
        # A view of the host's processes: the program's own, of a namespace below, cannot reach them by it.
        ("bind", "/proc", "/proc", "rec,nosuid,nodev,noexec")
        if spec.pid == "host"
        else ("mount", "proc", "/proc", "nosuid,nodev,noexec", ""),
        ("mount", "tmpfs", "/dev", "nosuid,noexec", "mode=755,size=64k"),
        *(("device", f"/dev/{name}", f"/dev/{name}") for name in DEVICES),
        *(("device", source, target) for source, target in site.devices),
        ("mount", "devpts", "/dev/pts", "nosuid,noexec", f"newinstance,ptmxmode=0666,mode=0620{group}"),
        *(("symlink", text, target) for text, target in LINKS),
        *_shared_memory(spec),
        ("mount", "sysfs", "/sys", "nosuid,nodev,noexec,ro", "")
        if own_network
        else ("bind", "/sys", "/sys", "rec,ro,nosuid,nodev,noexec"),
        ("mount", "cgroup2", "/sys/fs/cgroup", "nosuid,nodev,noexec,ro,optional", ""),
    ]


def _shared_memory(spec: Spec) -> list[Op]:
    """Return the mounts of IPC; a message queue's file system is its namespace's, the host's is nobody's to mount."""
    if spec.ipc == "none":
        return []
    if spec.ipc == "host":
        return [("bind", "/dev/shm", "/dev/shm", "nosuid,nodev,noexec")]  # noqa: S108
    shared = spec.ipc.startswith("container:")
    return [
        ("mount", "shared-memory", "/dev/shm", "nosuid,nodev,noexec", "")  # noqa: S108
        if shared
        else ("mount", "tmpfs", "/dev/shm", "nosuid,nodev,noexec", f"mode=1777,size={spec.shm_size or DEFAULT_SHM}"),  # noqa: S108
        ("mount", "mqueue", "/dev/mqueue", "nosuid,nodev,noexec", ""),
    ]


def _files(site: Site) -> list[Op]:
    plan: list[Op] = [("bind", f"{site.directory}/{name}", f"/etc/{name}", "nosuid,nodev") for name in site.files]
    if site.flavour == "single":
        plan.append(("bind", f"{site.directory}/apt.conf", APT_CONFIG, "ro,nosuid,nodev"))
    return plan


def resources(spec: Spec) -> list[Op]:
    """Return the limits of the program itself, not of its control group."""
    score = spec.limits.oom_score
    plan: list[Op] = [("rlimit", u.name, str(u.soft), str(u.hard)) for u in spec.ulimits]
    return plan if score is None else [*plan, ("oom-score", str(score))]


def _settings(spec: Spec, site: Site) -> list[Op]:
    name = spec.host_name(site.ident)
    plan: list[Op] = [("hostname", name)] if name and not spec.uts else []
    for assignment in spec.sysctls:
        key, equals, value = assignment.partition("=")
        if not equals:
            raise UserError(f"cannot set the sysctl {assignment}: no value", "write --sysctl NAME=VALUE")
        plan.append(("sysctl", key, value))
    if site.attachment.backend != "host":
        plan.append(("loopback",))
    if spec.trial is not None:
        plan.append(("signals-inside",))
    if spec.init or spec.pid.startswith("container:"):  # else nobody would end what its program leaves
        plan.append(("init",))
    return plan


def program(  # noqa: PLR0917 (each is a different fact)
    spec: Spec, image: Image, ident: str, confinement: Confinement, flavour: str, home: str = "", *, umask: str = UMASK
) -> tuple[Op, ...]:
    """Return who the program is and what it may do: user, capabilities, filters, working directory, environment."""
    env = environment(spec, image, spec.host_name(ident))
    if home:
        env.setdefault("HOME", home)
    if flavour == "single":
        env.setdefault("APT_CONFIG", APT_CONFIG)
    return (
        ("user", spec.user or image.user or "0"),
        *(("group", who) for who in spec.groups),
        ("umask", umask),
        ("capabilities", confinement.bounding, confinement.ambient),
        *([("no-new-privileges",)] if confinement.no_new_privileges else []),
        *(("seccomp", words) for words in confinement.filters),
        ("workdir", spec.workdir or image.workdir or "/"),
        *(("env", f"{key}={value}") for key, value in env.items()),
        ("home",),
        *([("streams-closed",)] if spec.trial is not None else []),
    )

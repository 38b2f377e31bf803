"""Run a program of this machine that a stranger's bytes may turn: it sees the system's programs and one directory.

Theory of operation. The program is the machine's own (git, which brings ssh and curl's TLS), but what a server sends it
is hostile, and it has had faults by which a repository runs what it likes. So it runs as if it were the repository's:
as root of a user namespace without any capability, under the default seccomp filter, with no set-uid, seeing no process
but its own, no file but the programs, the certificates and how names are resolved, and able to write where it is told
only. The network is the caller's, for a repository may lie on it; but sockets of the local kind are refused, or those
of the abstract kind, which a network brings along, could be reached. An agent's socket, where one is given, is the
exception that lets them back in.
"""

import os
import signal
from errno import EAFNOSUPPORT

from hull.errors import UserError
from hull.light import TYPE_CHECKING, NamedTuple
from hull.runtime import bpf, caps, launch, ops, protect, seccomp

if TYPE_CHECKING:
    from hull.builder.workshop import Workshop

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix", "/gnu")
SETTINGS = (
    "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/crypto-policies", "/etc/alternatives", "/etc/ld.so.cache",
    "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/hosts", "/etc/resolv.conf", "/etc/services",
    "/etc/ssh/ssh_config", "/etc/ssh/ssh_config.d", "/etc/ssh/ssh_known_hosts",
)  # fmt: skip
DEVICES = ("null", "zero", "random", "urandom")
HOME = "/home"
SCRATCH = (("/tmp", "mode=1777,size=64m"), (HOME, "mode=700,size=4m"))  # noqa: S108 (the program's own)
WORK = "/work"
PASSWD = f"root:x:0:0::{HOME}:/bin/sh\n"
_AF_UNIX = 1
_FLAGS = "nosuid,nodev,noexec"


class Seclusion(NamedTuple):
    """What a secluded program has.

    `work` is the directory that it may write, as /work; `shown` are pairs (path here, path there), read-only; `socket`
    is one of the local kind that it may reach, at /run/agent.
    """

    work: str
    shown: tuple[tuple[str, str], ...] = ()
    socket: str = ""


class Done(NamedTuple):
    """How a program ended, and what it wrote."""

    code: int
    output: bytes
    errors: bytes


def run(shop: "Workshop", where: Seclusion, argv: list[str], env: dict[str, str], timeout: float) -> Done:
    """Run a program to its end; one that takes longer than `timeout` seconds is killed, and an error."""
    from subprocess import DEVNULL, PIPE, TimeoutExpired

    steps = _plan(shop, where, argv, env)
    session = shop.engine.session
    fds = (session.fd,) if session is not None and session.holds(shop.identity) else ()
    prepared = launch.Launch(ops.encode(steps), ("hull-seclude", *argv), "", fds)
    with launch.spawn(prepared, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=launch.tied()) as child:
        shop.endings.append(child.kill)
        try:
            output, errors = child.communicate(timeout=timeout)
        except TimeoutExpired:
            raise UserError(f"{argv[0]} took more than {timeout:.0f} s", "try again later") from None
        finally:
            child.send_signal(signal.SIGKILL)
            shop.endings.remove(child.kill)
        return Done(child.returncode, output, errors)


def _plan(shop: "Workshop", where: Seclusion, argv: list[str], env: dict[str, str]) -> list[ops.Op]:
    engine, identity = shop.engine, shop.identity
    security = protect.parse_security((), identity.flavour)
    _, bounding, ambient = caps.resolve((), ("ALL",))
    filters = seccomp.filters("", frozenset(), alone=identity.flavour == "single")
    return [
        *launch.identity_ops(identity, engine.session),
        *[("namespace", kind) for kind in ("mount", "pid", "ipc", "uts", "cgroup")],
        ("root-bind", _root(shop)),
        *_mounts(shop, where),
        ("root-readonly",),
        *[("mask", path) for path in security.masked if path.startswith("/proc/")],
        *[("readonly", path) for path in security.readonly],
        ("umask", "022"),
        ("capabilities", bounding, ambient),
        ("no-new-privileges",),
        *[("seccomp", words) for words in filters],
        *([] if where.socket else [("seccomp", _without_local_sockets())]),
        ("workdir", WORK),
        *[("env", f"{key}={value}") for key, value in {**env, "HOME": HOME}.items()],
        *[("arg", word) for word in argv],
    ]  # fmt: skip


def _root(shop: "Workshop") -> str:
    """Make the directory in which all is mounted; the namespace's root makes the mount points."""
    path = f"{shop.directory}/secluded-{os.urandom(6).hex()}"
    os.mkdir(path, 0o755)
    if shop.owner:
        os.chown(path, *shop.owner)
    return path


def _mounts(shop: "Workshop", where: Seclusion) -> list[ops.Op]:
    plan: list[ops.Op] = [
        ("mount", "proc", "/proc", _FLAGS, ""),
        ("mount", "tmpfs", "/dev", "nosuid,noexec", "mode=755"),
    ]
    plan += [("device", f"/dev/{name}", f"/dev/{name}") for name in DEVICES]
    plan += [("mount", "tmpfs", place, _FLAGS, options) for place, options in SCRATCH]
    for path in SYSTEM:
        if os.path.islink(path):
            plan.append(("symlink", os.readlink(path), path))
        elif os.path.isdir(path):
            plan.append(("bind", path, path, "rec,ro,nosuid,nodev"))
    shown = [(os.path.realpath(path), path) for path in SETTINGS if os.path.exists(path)]
    shown += [(_passwd(shop), "/etc/passwd"), *where.shown]
    plan += [("bind", source, target, "ro,nosuid,nodev") for source, target in shown]
    plan.append(("bind", where.work, WORK, _FLAGS))
    return [*plan, ("bind", where.socket, "/run/agent", "nosuid,nodev")] if where.socket else plan


def _passwd(shop: "Workshop") -> str:
    path = f"{shop.directory}/passwd"
    with open(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644), "w", encoding="ascii"
    ) as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(PASSWD)
    return path


def _without_local_sockets() -> str:
    """Return the filter that refuses AF_UNIX; 32-bit x86's old call hides its arguments, so it is refused whole."""
    refuse = bpf.Rule(bpf.ERRNO | EAFNOSUPPORT, (bpf.Condition(0, "==", _AF_UNIX),))
    rules = {"socket": (refuse, bpf.Rule(bpf.ALLOW)), "socketcall": (bpf.Rule(bpf.ERRNO | EAFNOSUPPORT),)}
    return seccomp.only(rules, bpf.ALLOW)

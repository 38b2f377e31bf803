"""Connect to an engine: a unix socket, TCP with or without TLS, or a program at the other end of ssh."""

import os
import socket
import subprocess
from contextlib import suppress

from hull import trust
from hull.contexts import ssh
from hull.contexts.context import HULL, Context
from hull.errors import HostError
from hull.light import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    from hull.contexts.tunnel import Tunnel

LEAVING = 5  # seconds that ssh may take to say why


class Dialled:
    """A connection. `why` tells what ended one that ssh carries, before it said anything."""

    def __init__(self, sock: socket.socket, process: "subprocess.Popen[bytes] | None" = None) -> None:
        self.sock = sock
        self.process = process
        self.log: IO[bytes] | None = None
        self.tunnel: Tunnel | None = None

    def why(self) -> str:
        """Return ssh's words, "" where there are none."""
        if self.process is None or self.log is None:
            return ""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(LEAVING)
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    @property
    def is_missing(self) -> bool:
        """Whether the program at the other end is not there, as a shell says it; once `why` was asked."""
        return self.process is not None and self.process.returncode == ssh.MISSING

    def close(self) -> None:
        """Let go of it."""
        self.sock.close()
        if self.tunnel is not None:
            self.tunnel.close()
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
        if self.log is not None:
            self.log.close()


def dial(context: Context, runtime: str, timeout: float | None = None) -> Dialled:
    """Return a connection to the context's engine."""
    address = context.address
    try:
        if address.scheme == "ssh":
            return _by_ssh(context, runtime, timeout)
        if address.scheme == "unix":
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(timeout)
            sock.connect(address.path)
        else:
            sock = socket.create_connection((address.name, address.port), timeout)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context.secure:
                return _by_tls(context, sock, timeout)
    except (OSError, ValueError) as error:
        raise unreachable(context, error) from None
    return Dialled(sock)


def unreachable(context: Context, error: BaseException) -> HostError:
    """Return the error for an engine that does not answer."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    checks = {"unix": f"ls -l {context.address.path}", "tcp": "is it on, and is the port right?"}
    fix = checks.get(context.address.scheme, "hull context inspect tells the address")
    return HostError(f"cannot reach the context {context.name} at {context.host}: {reason}", fix)


def _by_tls(context: Context, wire: socket.socket, timeout: float | None) -> Dialled:
    from hull.contexts.tunnel import Tunnel

    tunnel = Tunnel(wire, trusted(context), context.address.name)
    tunnel.sock.settimeout(timeout)
    made = Dialled(tunnel.sock)
    made.tunnel = tunnel
    return made


def trusted(context: Context) -> "ssl.SSLContext":
    """Return what TLS is to check and show; the key goes by a file of memory, never by a disk."""
    made = trust.verifying(context.ca)
    if context.skip_verify:
        trust.forgo(made)
    if context.cert:
        fd = os.memfd_create("hull-context")
        try:
            os.write(fd, f"{context.cert}\n{context.key}".encode())
            made.load_cert_chain(f"/proc/self/fd/{fd}")
        finally:
            os.close(fd)
    return made


def _by_ssh(context: Context, runtime: str, timeout: float | None) -> Dialled:
    """Start what speaks the API on its standard streams at the other end: hull's own server, or Docker's client.

    An address of Docker's may name a socket there, as for Docker's client; one of hull's names the program.
    """
    address = context.address
    program = address.path if context.kind == HULL else ""
    place = ["--host", f"unix://{address.path}"] if address.path else []
    docker = ["docker", *place, "system", "dial-stdio"]
    remote = [program or "hull", "serve", "--stdio"] if context.kind == HULL else docker
    ours, theirs = socket.socketpair()
    log = ssh.log()
    quiet = () if timeout is None else ssh.BATCH  # nobody waits for a question
    words = [*ssh.argv(address, runtime, "-T", *quiet), *remote]
    ours.settimeout(timeout)
    group = 0 if quiet or ssh.is_kept(address, runtime) else None  # else Ctrl-C would end ssh before what it carries
    end = theirs.fileno()
    try:
        process = subprocess.Popen(words, stdin=end, stdout=end, stderr=log, process_group=group)
    except OSError as error:
        raise HostError(f"cannot start ssh: {error.strerror}", "apt install openssh-client") from None
    finally:
        theirs.close()
    made = Dialled(ours, process)
    made.log = log
    return made

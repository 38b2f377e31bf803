"""How ssh is called: one connection to a host, kept for the next command, nothing ever asked on standard input."""

import os
import subprocess

from hull import paths
from hull.contexts.context import Host
from hull.errors import HostError
from hull.light import IO

PERSIST = 300  # seconds that a connection nobody uses stays
LONGEST = 80  # bytes of a ControlPath: ssh appends to it, and a socket's path is bounded
FAILED, MISSING = 255, 127  # ssh's own failure, and a shell's for a program that is not there
BATCH = ("-o", "BatchMode=yes")  # ask nothing
ASKS = ("denied", "verification failed", "authentication")  # what ssh says where it would have asked


def keeps(runtime: str) -> bool:
    """Whether a connection can be kept: the path of its socket is short enough."""
    return len(f"{runtime}/ssh") <= LONGEST - 40  # %C is 40 characters


def argv(host: Host, runtime: str, *options: str) -> list[str]:
    """Return ssh's words up to and with the host; a command follows."""
    words = ["ssh", *options, "-o", "ConnectTimeout=15"]
    place = f"{runtime}/ssh"
    if keeps(runtime):
        for path in (runtime, place):
            paths.make_own(path)  # whoever can change it could answer in the host's place
        kept = f"ControlPersist={PERSIST}"
        words += ["-o", "ControlMaster=auto", "-o", f"ControlPath={place}/%C", "-o", kept]
    if host.port:
        words += ["-p", str(host.port)]
    if host.user:
        words += ["-l", host.user]
    return [*words, "--", host.name]


def is_kept(host: Host, runtime: str) -> bool:
    """Make the connection that is kept, where there is none: ssh may ask here, in the foreground, if it must.

    Where it need not, the connection and what carries it (a ProxyJump's ssh) are out of reach of Ctrl-C.
    """
    if not keeps(runtime):
        return False
    found, said = _tried([*argv(host, runtime, "-T", "-O", "check")])
    if not found:
        found, said = _tried([*argv(host, runtime, "-T", *BATCH), "true"], apart=True)
    if not found and any(word in said for word in ASKS):
        found, said = _tried([*argv(host, runtime, "-T"), "true"])
    return found


def _tried(words: list[str], *, apart: bool = False) -> tuple[bool, str]:
    """Return whether a command succeeds, and what it says; what cannot be started is told by whoever starts it next."""
    null = subprocess.DEVNULL
    with log() as said:  # no pipe: the connection that stays would hold it
        try:
            done = subprocess.run(words, stdin=null, stdout=null, stderr=said, start_new_session=apart, check=False)
        except OSError:
            return False, ""
        said.seek(0)
        return done.returncode == 0, said.read().decode(errors="replace")


def log() -> IO[bytes]:
    """Return a file of memory for what ssh says."""
    return open(os.memfd_create("hull-ssh"), "r+b")


def failure(name: str, host: Host, said: str) -> HostError:
    """Return hull's word for what ssh said on its way to a host."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    reason = next((line for line in reversed(lines) if not line.startswith("debug")), "ssh said nothing")
    place = f"{host.user}@{host.name}" if host.user else host.name
    port = f" -p {host.port}" if host.port else ""
    fix = f"ssh{port} {place} must work by itself"
    if "Permission denied" in said:
        fix = f"ssh-copy-id{port} {place}, or ssh-add the key that it knows"
    elif "Host key verification failed" in said or "IDENTIFICATION HAS CHANGED" in said:
        fix = f"ssh{port} {place} once, and compare the key that it shows"
    return HostError(f"cannot reach the context {name}: {reason}", fix)

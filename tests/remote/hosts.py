"""Another host, here: an sshd of the test's own, asked by the real ssh, and a store that is not the caller's."""

import os
import shutil
import stat
import subprocess
import tempfile

from tests.capabilities import SEARCH
from tests.commandline import CommandLine, program

SERVER = """
HostKey {0}/host
AuthorizedKeysFile {0}/authorized
StrictModes no
UsePAM no
PidFile none
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
SetEnv HULL_ROOT={1} {2}
AcceptEnv NONE
"""
CLIENT = """
Host far unknown alone
    IdentityFile {0}/user
Host wrong
    IdentityFile {0}/stranger
Host unknown
    UserKnownHostsFile {0}/nobody
Host alone
    ProxyCommand {2} -i -e -f {0}/alone 2>>{0}/log
Host far wrong unknown alone
    ProxyCommand {2} -i -e -f {0}/server 2>>{0}/log
    IdentitiesOnly yes
    UserKnownHostsFile {0}/known
    GlobalKnownHostsFile none
    StrictHostKeyChecking yes
    HostKeyAlias far
"""


class FarHost:
    """`ssh://far` leads to a shell of this user with another store; `wrong` has no key there, `unknown` knows no host.

    Docker's client asks `engine` there. `alone` is a host that has no docker: hull goes by that name. No port is
    listened at: ssh starts sshd itself, whose client is at its standard input.
    """

    def __init__(self, root: str, engine: str) -> None:
        self.home = tempfile.mkdtemp(prefix="hull-ssh-")
        self.hull = program()[0]
        sshd = shutil.which("sshd", path=SEARCH) or ""
        for name in ("host", "user", "stranger"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{self.home}/{name}"], check=True)
        shutil.copy(f"{self.home}/user.pub", f"{self.home}/authorized")
        self._write("server", SERVER.format(self.home, root, f"DOCKER_HOST={engine}"))
        self._write("alone", SERVER.format(self.home, root, f"PATH={self.home}/there:/usr/bin:/bin"))
        os.mkdir(f"{self.home}/there")
        self._write("there/docker", f'#!/bin/sh\nexec {self.hull} "$@"\n')
        os.chmod(f"{self.home}/there/docker", 0o755)
        self._write("client", CLIENT.format(self.home, root, sshd))
        with open(f"{self.home}/host.pub") as key:
            self._write("known", f"far {key.read()}")
        os.mkdir(f"{self.home}/bin")
        self._write(
            "bin/ssh",
            f'#!/bin/sh\necho "$@" >>{self.home}/calls\nexec {shutil.which("ssh")} -F {self.home}/client "$@"\n',
        )
        os.chmod(f"{self.home}/bin/ssh", 0o755)
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", 0o755, exist_ok=True)  # as the package's service does

    def _write(self, name: str, text: str) -> None:
        with open(f"{self.home}/{name}", "w") as file:
            file.write(text)

    def address(self, host: str = "far") -> str:
        """Return the context's address."""
        return f"ssh://{host}{self.hull}"

    def connections(self) -> int:
        """Return how many connections sshd has taken."""
        with open(f"{self.home}/log") as file:
            return file.read().count("Accepted publickey")

    def env(self, near: CommandLine, **more: str) -> dict[str, str]:
        """Return the environment of a client whose ssh is the test's."""
        return near.env(PATH=f"{self.home}/bin:{os.environ['PATH']}", **more)

    def close(self, near: CommandLine) -> None:
        """End the connections that are kept, and go."""
        place = f"{near.root}/run/ssh"
        for name in os.listdir(place) if os.path.isdir(place) else ():
            path = f"{place}/{name}"
            if stat.S_ISSOCK(os.lstat(path).st_mode):
                end = [f"{self.home}/bin/ssh", "-o", f"ControlPath={path}", "-O", "exit", "far"]
                subprocess.run(end, check=False, capture_output=True)
        shutil.rmtree(self.home, ignore_errors=True)

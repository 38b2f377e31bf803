"""Read how the host resolves names. Source of the format: resolv.conf(5)."""

import os

from hull.light import NamedTuple

PATH = "/etc/resolv.conf"
# What stub resolvers on loopback leave for those who cannot reach them.
UPSTREAM = ("/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf")
MOST = 3  # nameservers that libc reads


class Resolver(NamedTuple):
    """A resolv.conf that was read. `path` is where its links lead, "" where there is none."""

    nameservers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    path: str = ""

    @property
    def remote(self) -> tuple[str, ...]:
        """The name servers that another network namespace can reach: not loopback, not of one link."""
        return tuple(a for a in self.nameservers if not (a.startswith("127.") or a == "::1" or "%" in a))


def read(path: str = PATH) -> Resolver:
    """Return what the file says; one that is missing or unreadable says nothing. Of several search lines the last."""
    servers: list[str] = []
    search: list[str] = []
    options: list[str] = []
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return Resolver()
    for line in lines:
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver":
            servers.append(words[1])
        elif words and words[0] in ("search", "domain"):
            search = words[1:]
        elif words and words[0] == "options":
            options += words[1:]
    return Resolver(tuple(servers[:MOST]), tuple(search), tuple(options), os.path.realpath(path))


def upstream(found: Resolver, places: tuple[str, ...] = UPSTREAM) -> tuple[str, ...]:
    """Return name servers that are no stub on the host's loopback: the file's own, or what the stub itself asks."""
    if found.remote:
        return found.remote
    for place in places:
        servers = read(place).remote
        if servers:
            return servers
    return ()

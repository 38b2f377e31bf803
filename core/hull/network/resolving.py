"""The name server of a container on named networks (launcher/resolve.c), at Docker's address.

Programs that read /etc/hosts do not need it; those that ask a server (nginx, dig, nslookup) find the same names. It is
on the container's own loopback, so whoever serves names itself inside gets none: its port would be taken.
"""

from hull.model import Image, Spec

WORD = "@RESOLVE"
ADDRESS = "127.0.0.11"
PORT = 53
DOTS = "ndots:"


def wanted(spec: Spec, image: Image) -> bool:
    """Whether the container has one: not where it serves names, or says so by a port."""
    ports = {word.partition("/")[0] for word in (*image.ports, *spec.exposed)}
    return str(PORT) not in ports and all(port.container != PORT for port in spec.ports)


def options(asked: tuple[str, ...], usual: tuple[str, ...]) -> tuple[str, ...]:
    """Return resolv.conf's: a bare name is asked for as it is, first, where `asked` does not say otherwise."""
    if any(word.startswith(DOTS) for word in asked):
        return asked
    return (*(asked or (word for word in usual if not word.startswith(DOTS))), f"{DOTS}0")


def ops(hosts: str, servers: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the helper's ops: `hosts` is the file of its names, as /etc/hosts; `servers` know everything else."""
    others = [server for server in servers if server != ADDRESS]  # it would ask itself
    words = (WORD, "@NETNS", "@EXIT", "@READY", hosts, ",".join(others) or "-")
    return (("helper", "resolver", "fd"), *(("helper-arg", word) for word in words))

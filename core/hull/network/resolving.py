"""The name server of a container on named networks (launcher/resolve.c), at Docker's address.

Programs that read /etc/hosts do not need it; those that ask a server (nginx, dig, nslookup) find the same names. It is
on the container's own loopback, so whoever serves names itself inside gets none: its port would be taken.
"""

from hull.model import Image, Spec

WORD = "@RESOLVE"
ADDRESS = "127.0.0.11"
PORT = 53
OPTIONS = ("ndots:0",)  # a bare name is asked for as it is, first


def wanted(spec: Spec, image: Image) -> bool:
    """Whether the container has one: not where it serves names, or says so by a port."""
    ports = {word.partition("/")[0] for word in (*image.ports, *spec.exposed)}
    return str(PORT) not in ports and all(port.container != PORT for port in spec.ports)


def ops(hosts: str, servers: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the helper's ops: `hosts` is the file of its names, as /etc/hosts; `servers` know everything else."""
    others = [server for server in servers if server != ADDRESS]  # it would ask itself
    words = (WORD, "@NETNS", "@EXIT", "@READY", hosts, ",".join(others) or "-")
    return (("helper", "resolver", "fd"), *(("helper-arg", word) for word in words))

"""What Docker's clients say of a swarm, read; what of it a swarm of one node cannot honour is refused by name."""

import ipaddress
import socket
from typing import Any, NamedTuple

from hull.docker.fields import Fields
from hull.errors import Unsupported, UserError

NUMBERS: dict[str, dict[str, int]] = {
    "Orchestration": {"TaskHistoryRetentionLimit": 5},
    "Raft": {
        "SnapshotInterval": 10000,
        "KeepOldSnapshots": 0,
        "LogEntriesForSlowFollowers": 500,
        "ElectionTick": 10,
        "HeartbeatTick": 1,
    },
    "Dispatcher": {"HeartbeatPeriod": 5_000_000_000},
    "CAConfig": {"NodeCertExpiry": 7_776_000_000_000_000, "ForceRotate": 0},
}
ZERO = ("TaskHistoryRetentionLimit", "KeepOldSnapshots")  # what may be said to be 0; elsewhere that says nothing
AUTHORITY = ("ExternalCAs", "SigningCACert", "SigningCAKey")
AVAILABILITY = ("active", "pause", "drain")
PORT, SIZE, LARGEST = "2377", 24, 29
DATA, DATA_PORTS = 4789, (1024, 49151)
GET_ADDRESS = 0x8915  # SIOCGIFADDR: an interface's IPv4 address


class Beginning(NamedTuple):
    """A body of `swarm/init`."""

    address: str
    spec: dict[str, Any]
    pools: tuple[str, ...]
    size: int
    port: int
    availability: str
    anew: bool


def beginning(fields: Fields) -> Beginning:
    """Return what `swarm/init` was told."""
    listens = fields.text("ListenAddr")
    if not listens:
        raise UserError('invalid ListenAddr "": invalid empty address')
    if fields.flag("AutoLockManagers"):
        raise _no_lock()
    address = _address(fields.text("AdvertiseAddr"), _split(listens)[1] or PORT)
    pools, size = _pools(fields)
    port = fields.number("DataPathPort") or DATA
    if not DATA_PORTS[0] <= port <= DATA_PORTS[1]:
        raise UserError(f"Datapath port number is not in valid range ({DATA_PORTS[0]}-{DATA_PORTS[1]}) : {port}")
    said = availability(fields.text("Availability") or AVAILABILITY[0])
    return Beginning(address, spec(fields.inner("Spec")), pools, size, port, said, fields.flag("ForceNewCluster"))


def availability(word: str) -> str:
    """Return a node's availability."""
    if word not in AVAILABILITY:
        raise UserError(f'invalid Availability: "{word}"')
    return word


def spec(fields: Fields) -> dict[str, Any]:
    """Return a swarm's spec, whole: what is not said, or is 0, is what Docker takes then."""
    if fields.text("Name") not in ("", "default"):
        raise UserError('swarm spec must be named "default"')
    if fields.inner("EncryptionConfig").flag("AutoLockManagers"):
        raise _no_lock()
    for key in AUTHORITY:
        if fields.inner("CAConfig").asked(key):
            raise Unsupported(
                f"cannot set CAConfig.{key}: hull's swarm has one node, and no certificates between nodes"
            )
    defaults = fields.inner("TaskDefaults")
    driver = {"LogDriver": defaults.inner("LogDriver").data} if defaults.asked("LogDriver") else {}
    return {
        "Name": "default",
        "Labels": fields.pairs("Labels"),
        **{group: _numbers(fields.inner(group), usual) for group, usual in NUMBERS.items()},
        "TaskDefaults": driver,
        "EncryptionConfig": {"AutoLockManagers": False},
    }


def _no_lock() -> Unsupported:
    return Unsupported("cannot set AutoLockManagers: hull's swarm has one node, and keeps no keys that could be locked")


def _numbers(fields: Fields, usual: dict[str, int]) -> dict[str, int]:
    found = {}
    for key, value in usual.items():
        said = fields.number(key)
        number = value if said is None or (not said and key not in ZERO) else said
        if number or key in ZERO:
            found[key] = number
    return found


def _pools(fields: Fields) -> tuple[tuple[str, ...], int]:
    """Return where the subnets of overlay networks come from, and their size."""
    pools = tuple(word.strip() for word in fields.texts("DefaultAddrPool"))
    size = fields.number("SubnetSize") or SIZE
    if not 1 <= size <= LARGEST:
        raise UserError(f"subnet size is out of range: {size}")
    for word in pools:
        try:
            pool = ipaddress.IPv4Network(word, strict=False)
        except ValueError as error:
            raise UserError(f"invalid base pool {word}: {error}") from None
        if size < pool.prefixlen:
            raise UserError(f'invalid CIDR: "{word}". Subnet size is too small for pool: {size}')
    return pools, size


def _address(word: str, port: str) -> str:
    """Return HOST:PORT of what is to be advertised: an address, or an interface's; loopback where nothing is said."""
    host, said = _split(word)
    found = _literal(host) if host else "127.0.0.1"
    found = found or _of_interface(host)
    if not found:
        raise UserError(
            "advertise address must be a non-zero IP address or network interface (with optional port number)"
        )
    return f"[{found}]:{said or port}" if ":" in found else f"{found}:{said or port}"


def _split(word: str) -> tuple[str, str]:
    """Return host and port, "" where there is none, of HOST, HOST:PORT, [V6]:PORT or an IPv6 address alone."""
    if word.startswith("["):
        host, _, port = word[1:].partition("]")
        return host, port.removeprefix(":")
    host, _, port = word.partition(":")
    return (word, "") if ":" in port else (host, port)


def _literal(word: str) -> str:
    try:
        found = ipaddress.ip_address(word)
    except ValueError:
        return ""
    return "" if found.is_unspecified else str(found)


def _of_interface(name: str) -> str:
    import fcntl

    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
            return socket.inet_ntoa(fcntl.ioctl(asked, GET_ADDRESS, name.encode()[:15].ljust(256, b"\0"))[20:24])
    except (OSError, UnicodeError):
        return ""

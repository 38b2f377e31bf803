"""What follows the name in --network slirp4netns:… and pasta:…, in podman's words."""

from collections.abc import Iterable

from hull.errors import UserError
from hull.light import Any, NamedTuple

HANDLERS = ("rootlesskit", "slirp4netns")  # rootlesskit: a process of ours that does what its port driver does
SWITCHES = {"true": True, "false": False}


class SlirpOptions(NamedTuple):
    """slirp4netns's. `port_handler` "" is ours for tcp, its own for udp on IPv4, which keeps the client's address."""

    mtu: int = 65520
    cidr: str = "10.0.2.0/24"
    enable_ipv6: bool = False
    allow_host_loopback: bool = False
    outbound_addr: str = ""
    outbound_addr6: str = ""
    port_handler: str = ""


def slirp(words: Iterable[str]) -> SlirpOptions:
    """Return the options of `slirp4netns:KEY=VALUE,…`, checked."""
    values: dict[str, Any] = {}
    for word in words:
        key, _, text = word.partition("=")
        if key not in SlirpOptions._fields:
            raise _wrong(word, f"known are {', '.join(SlirpOptions._fields)}")
        values[key] = _value(word, key, text)
    return SlirpOptions(**values)


def network_of(cidr: str) -> tuple[str, str, str]:
    """Return the gateway, the name server and the container's address in slirp4netns's network."""
    from ipaddress import IPv4Network

    base = IPv4Network(cidr)
    return str(base[2]), str(base[3]), str(base[100])


def _value(word: str, key: str, text: str) -> str | int | bool:
    if key in ("enable_ipv6", "allow_host_loopback"):
        if text not in SWITCHES:
            raise _wrong(word, f"write {key}=true or {key}=false")
        return SWITCHES[text]
    if key == "mtu":
        if not text.isdecimal() or not 68 <= int(text) <= 65521:  # noqa: PLR2004 (IPv4's least, slirp4netns's most)
            raise _wrong(word, "write mtu=68 to mtu=65521")
        return int(text)
    if key == "cidr":
        return _cidr(word, text)
    if key == "port_handler" and text not in HANDLERS:
        raise _wrong(word, f"write port_handler={' or port_handler='.join(HANDLERS)}")
    if not text or text.startswith("-"):
        raise _wrong(word, f"write {key}=ADDRESS or {key}=INTERFACE")
    return text


def _cidr(word: str, text: str) -> str:
    from ipaddress import IPv4Network

    try:
        if IPv4Network(text).prefixlen <= 25:  # noqa: PLR2004 (it needs the hundredth address)
            return text
    except ValueError:
        pass
    raise _wrong(word, "write an IPv4 network of /25 or larger: cidr=10.0.2.0/24")


# pasta's own that change what the container's network looks like; none that names a namespace, a file or a descriptor.
_PLAIN = (
    *(
        "-4",
        "--ipv4-only",
        "-6",
        "--ipv6-only",
        "--no-tcp",
        "--no-udp",
        "--no-icmp",
        "--no-dhcp",
        "--no-ndp",
        "--no-ra",
    ),
    *("--no-dhcpv6", "--no-map-gw", "--map-gw", "--no-splice", "--dhcp-dns", "--dhcp-search"),
    *("--no-dhcp-dns", "--no-dhcp-search"),
)
_VALUED = (
    *("-m", "--mtu", "-a", "--address", "-n", "--netmask", "-M", "--mac-addr", "-g", "--gateway", "-i", "--interface"),
    *("-o", "--outbound", "--outbound-if4", "--outbound-if6", "-I", "--ns-ifname", "--ns-mac-addr", "-D", "--dns"),
    *("-S", "--search", "--dns-forward", "--dns-host", "--map-host-loopback", "--map-guest-addr"),
    *("-t", "--tcp-ports", "-u", "--udp-ports", "-T", "--tcp-ns", "-U", "--udp-ns"),
)


def pasta(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the options of `pasta:WORD,…`, each option known to be harmless, each value where one belongs."""
    rest = iter(words)
    for word in rest:
        name, equals, _ = word.partition("=")
        if word in _PLAIN or (equals and name in _VALUED and name.startswith("--")):
            continue
        if word not in _VALUED:
            raise UserError(
                f"cannot give pasta the option {word}: it is none that shapes a container's network",
                f"known are {', '.join(sorted((*_PLAIN, *_VALUED)))}",
            )
        if next(rest, None) is None:
            raise UserError(
                f"cannot give pasta the option {word}: its value is missing", f"--network pasta:{word},VALUE"
            )
    return words


def _wrong(word: str, hint: str) -> UserError:
    return UserError(f"cannot give slirp4netns the option {word}", hint)

"""NetworkMode, EndpointsConfig, ports and names of a body."""

from typing import Any

from hull.commands import _network_words
from hull.docker.fields import Fields
from hull.docker.versions import Version
from hull.errors import Conflict, UserError
from hull.model import Endpoint, Port

BRIDGE = "bridge"  # what Docker calls the network of those that name none
USUAL = ("", "default", BRIDGE)
SEVERAL = Version(1, 44)  # since then a container may be created on several networks


def read(config: Fields, host: Fields, version: Version) -> dict[str, Any]:
    """Return the spec's fields of networks, ports and names."""
    mode = "none" if config.flag("NetworkDisabled") else host.text("NetworkMode")
    network = "default" if mode in USUAL else mode
    networks, links = _endpoints(config, mode, version), tuple(map(_link, host.texts("Links")))
    if networks and networks[0].network == mode:
        networks = (networks[0]._replace(links=(*networks[0].links, *links)), *networks[1:])
        links = ()
    return {
        "network": network,
        "networks": networks,
        "mac": "" if networks else _usual_mac(config, mode),
        "ports": ports(host),
        "publish_all": host.flag("PublishAllPorts"),
        "hosts": host.texts("ExtraHosts"),
        "dns": host.texts("Dns"),
        "dns_search": host.texts("DnsSearch"),
        "dns_options": host.texts("DnsOptions"),
        "links": links,
        "egress": host.texts("Egress"),
    }


def _endpoints(config: Fields, mode: str, version: Version) -> tuple[Endpoint, ...]:
    """Return the named networks, that of NetworkMode first."""
    asked = config.inner("NetworkingConfig").inner("EndpointsConfig")
    names = list(asked.data)
    if version < SEVERAL and len(names) > 1:
        raise UserError(f"Container cannot be created with multiple network endpoints: {', '.join(names)}")
    kind = mode.partition(":")[0]
    if kind in _network_words.ALONE and (others := [name for name in names if name != mode]):
        raise Conflict(f"container cannot be connected to {others[0]}: its network mode is {mode}")
    mac = config.text("MacAddress")
    named = () if mode in USUAL or kind in _network_words.RESERVED else (mode,)
    wanted = dict.fromkeys((*named, *(name for name in names if name not in USUAL and name != kind)))
    found = [endpoint(name, asked.inner(name)) for name in wanted]
    for name in (one for one in names if one in USUAL):
        _plain(asked.inner(name))
    return tuple(one._replace(mac=one.mac or mac) if one.network == mode else one for one in found)


def _usual_mac(config: Fields, mode: str) -> str:
    """Return the hardware address that is asked for a way out that has no name of its own."""
    asked = config.inner("NetworkingConfig").inner("EndpointsConfig")
    said = (asked.inner(name).text("MacAddress") for name in USUAL if name)
    return _network_words.mac_address(next(filter(None, said), "") or config.text("MacAddress"), mode)


def _plain(asked: Fields) -> None:
    """Refuse on the usual network what only networks of one's own have."""
    if asked.asked("Aliases"):
        raise UserError("network-scoped aliases are only supported for user-defined networks")
    config = asked.inner("IPAMConfig")
    if config.asked("IPv4Address") or config.asked("IPv6Address"):
        raise UserError("user specified IP address is supported on user defined networks only")


def endpoint(name: str, asked: Fields) -> Endpoint:
    """Return the endpoint of an EndpointSettings, for create and for connect."""
    config = asked.inner("IPAMConfig")
    addresses = (config.text("IPv4Address"), config.text("IPv6Address"))
    found = _network_words.endpoint(name, asked.texts("Aliases"), addresses, asked.text("MacAddress"))
    options = tuple(f"{key}={value}" for key, value in asked.pairs("DriverOpts").items())
    return _network_words.linked(found, asked.texts("Links"), config.texts("LinkLocalIPs"), options)


def _link(word: str) -> str:
    if not word.removeprefix("/").partition(":")[0]:
        raise UserError(f"bad format for links: {word}")
    return _network_words.link(word)


def ports(host: Fields) -> tuple[Port, ...]:
    """Return the published ports of PortBindings."""
    from hull.network import ports as words

    found: list[Port] = []
    bindings = host.inner("PortBindings")
    for inside in bindings.data:
        for binding in bindings.each(inside):
            address, outside = binding.text("HostIp"), binding.text("HostPort")
            place = f"[{address}]" if ":" in address else address
            found += words.parse(f"{place}:{outside}:{inside}" if place else f"{outside}:{inside}")
    return tuple(found)

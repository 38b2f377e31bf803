"""What users write after --network and its relatives, parsed once. Docker's words, and podman's NAME:key=value."""

from hull.errors import UserError
from hull.light import NamedTuple
from hull.model import Endpoint

Many = tuple[str, ...]
PREDEFINED = ("default", "none", "host", "slirp4netns", "pasta", "container")
RESERVED = (*PREDEFINED, "bridge")
ALONE = ("none", "host", "container")
KEYS = {"alias": "aliases", "ip": "address", "ip6": "address6", "mac": "mac", "mac-address": "mac"}
FORM = "write --network NAME, NAME:ip=ADDRESS,alias=WORD or name=NAME,alias=WORD"


class Scoped(NamedTuple):
    """The flags that say more of the first named network."""

    aliases: Many = ()
    address: str = ""
    address6: str = ""
    mac: str = ""


def read(words: str | Many, scoped: Scoped) -> tuple[str, tuple[Endpoint, ...]]:
    """Return the way out, or the first network's name, and the named networks."""
    modes, endpoints = [], []
    for word in (words,) if isinstance(words, str) else words:
        if word.partition(":")[0] in RESERVED:
            modes.append("default" if word == "bridge" else word)
        else:
            endpoints.append(_endpoint(word))
    if len(modes) > 1 or (endpoints and modes and modes[0].partition(":")[0] in ALONE):
        both = " and ".join(f"--network {word}" for word in dict.fromkeys(words))
        raise UserError(f"cannot use {both} together", "take one of them, or networks of your own only")
    names = [endpoint.network for endpoint in endpoints]
    if len(set(names)) < len(names):
        raise UserError(f"cannot connect to {names[0]} twice", "name each network once")
    if scoped != Scoped() and (endpoints or scoped._replace(mac="") != Scoped()):
        endpoints = [_with(endpoints, scoped), *endpoints[1:]]
    return (*modes, *names, "default")[0], tuple(endpoints)


def _with(endpoints: list[Endpoint], scoped: Scoped) -> Endpoint:
    if not endpoints:
        raise UserError(
            "cannot use --network-alias, --ip or --ip6 without a network of your own",
            "hull network create NAME, then --network NAME",
        )
    first = endpoints[0]
    return endpoint(
        first.network,
        (*first.aliases, *scoped.aliases),
        (scoped.address or first.address, scoped.address6 or first.address6),
        scoped.mac or first.mac,
    )


def _endpoint(word: str) -> Endpoint:
    name, _, rest = word.partition(":")
    fields = [field for field in rest.split(",") if field]
    if "=" in name or word.startswith("name="):
        fields = [field for field in word.split(",") if field]
        name = next((field[5:] for field in fields if field.startswith("name=")), "")
        fields = [field for field in fields if not field.startswith("name=")]
    aliases, said = [], {"address": "", "address6": "", "mac": ""}
    for field in fields:
        key, equals, value = field.partition("=")
        if key not in KEYS or not equals or not value:
            raise UserError(f"cannot read --network {word}: {field!r} is unknown", FORM)
        if KEYS[key] == "aliases":
            aliases.append(value)
        else:
            said[KEYS[key]] = value
    if not name:
        raise UserError(f"cannot read --network {word}: no name", FORM)
    return endpoint(name, tuple(aliases), (said["address"], said["address6"]), said["mac"])


def linked(asked: Endpoint, links: Many, link_local: Many, options: Many) -> Endpoint:
    """Return an endpoint with what only `network connect` and Docker's API say of one, checked."""
    for word in link_local:
        from hull.network import subnets

        if not subnets.is_link_local(word):
            raise UserError(f"cannot use {word!r} as a link-local address", "they begin 169.254. or fe80:")
    return asked._replace(links=tuple(map(link, links)), link_local=link_local, options=options)


def link(word: str) -> str:
    """Return CONTAINER:ALIAS of a link, which may name no alias, or Docker's /CONTAINER:/OTHER/ALIAS."""
    container, _, alias = word.removeprefix("/").partition(":")
    if not container:
        raise UserError(f"cannot use the link {word!r}", "write --link CONTAINER:ALIAS")
    return f"{container}:{_one(alias.rpartition('/')[2] or container)}"


def _one(alias: str) -> str:
    if not alias or any(c.isspace() or c == "#" or not c.isprintable() for c in alias):
        raise UserError(f"cannot use the alias {alias!r}", "an alias is one word")
    return alias


def endpoint(name: str, aliases: Many, addresses: tuple[str, str], mac: str) -> Endpoint:
    """Return a checked endpoint; `addresses` are IPv4 and IPv6, "" for what hull chooses."""
    aliases = tuple(map(_one, aliases))
    mac = mac_address(mac)
    if any(addresses):
        from hull.network import subnets

        found = [
            subnets.address(word, flag) if word else "" for word, flag in zip(addresses, ("--ip", "--ip6"), strict=True)
        ]
        if ":" in found[0] or (found[1] and ":" not in found[1]):
            raise UserError(
                f"cannot use {' '.join(filter(None, addresses))}: of the other family", "--ip is IPv4, --ip6 IPv6"
            )
        addresses = (found[0], found[1])
    return Endpoint(name, tuple(dict.fromkeys(aliases)), *addresses, mac)


def mac_address(word: str, network: str = "") -> str:
    """Return a hardware address in one form, "" for none; `network` must be one that can have it."""
    if not word:
        return ""
    if network.partition(":")[0] in ALONE:
        raise UserError(f"cannot use --mac-address with --network {network}", "leave out one of them")
    from hull.network.netlink import mac_bytes

    try:
        packed = mac_bytes(word.replace("-", ":").lower())
    except ValueError:
        packed = b"\1"
    if packed[0] & 1:
        raise UserError(f"cannot use the MAC address {word}", "write six pairs of hex digits, as 02:42:ac:11:00:02")
    return packed.hex(":")

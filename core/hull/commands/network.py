"""`hull network`: networks of one's own, and who is on them."""

from hull.commands import _network_rows, _network_words, _networks
from hull.commands._asking import confirm
from hull.commands._network_rows import NetworkRow
from hull.commands._several import each
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated, Any

Many = tuple[str, ...]
ALIASES = {"list": "ls", "remove": "rm"}
ACTIONS = ("create", "ls", "inspect", "rm", "prune", "connect", "disconnect")
PAIR = 2  # a network and a container


def network(
    engine: Engine,
    action: Annotated[str, Word("what to do", "ACTION", choices=(*ACTIONS, *ALIASES))],
    names: Annotated[Many, Word("networks; connect, disconnect: NETWORK CONTAINER", complete="network")] = (),
    *,
    subnet: Annotated[Many, Flag("create: its addresses; one of each family, or more", metavar="CIDR")] = (),
    gateway: Annotated[Many, Flag("create: the bridge's own address", metavar="ADDRESS")] = (),
    ip_range: Annotated[Many, Flag("create: choose addresses from this part only", metavar="CIDR")] = (),
    aux_address: Annotated[Many, Flag("create: addresses that no container gets", metavar="NAME=ADDRESS")] = (),
    ipv4: Annotated[bool | None, Flag("create: IPv4 addresses, whatever --subnet says")] = None,
    ipv6: Annotated[bool, Flag("create: IPv6 addresses, too")] = False,
    attachable: Annotated[bool, Flag("create: Docker's word of a swarm's network; here each is")] = False,
    internal: Annotated[bool, Flag("create: no way out")] = False,
    label: Annotated[Many, Flag("create: attach a label", metavar="KEY[=VALUE]")] = (),
    opt: Annotated[Many, Flag("create: mtu=BYTES", "o", "KEY=VALUE")] = (),
    driver: Annotated[str, Flag("create: bridge is the only one", "d", "DRIVER", choices=("bridge",))] = "bridge",  # noqa: ARG001 (one choice)
    alias: Annotated[Many, Flag("connect: another name of the container there", metavar="NAME")] = (),
    ip: Annotated[str, Flag("connect: its IPv4 address", metavar="ADDRESS")] = "",
    ip6: Annotated[str, Flag("connect: its IPv6 address", metavar="ADDRESS")] = "",
    mac_address: Annotated[str, Flag("connect: its hardware address", metavar="MAC")] = "",
    link: Annotated[Many, Flag("connect: a name that it alone has for another there", metavar="CONTAINER:ALIAS")] = (),
    link_local_ip: Annotated[Many, Flag("connect: another address there", metavar="ADDRESS")] = (),
    driver_opt: Annotated[Many, Flag("connect: kept, and shown again", metavar="KEY=VALUE")] = (),
    force: Annotated[
        bool, Flag("rm: no complaint if there is none; disconnect: if either is gone; prune: do not ask", "f")
    ] = False,
    filter: Annotated[
        Many, Flag("ls: name=, id=, driver=, label=, type=; prune: until=, label=", metavar="FILTER")
    ] = (),
    quiet: Annotated[bool, Flag("ls: ids only", "q")] = False,
    no_trunc: Annotated[bool, Flag("ls: do not shorten ids")] = False,
) -> list[NetworkRow] | list[dict[str, Any]] | list[str] | str:
    """Create, list, inspect and remove networks, connect containers to them.

    Containers on one network reach each other by name; two networks do not reach each other. Without `--internal` they
    reach outside, too, each by a way out of its own.
    """
    action = ALIASES.get(action, action)
    check(action, names)
    if action == "create":
        families, kinds = (ipv6, internal, label, opt, ipv4), (aux_address, attachable)
        asked = _networks.Asked(subnet, gateway, ip_range, *families, *kinds)
        return [_networks.create(engine, names[0], asked)]
    if action == "ls":
        rows = _network_rows.rows(engine, filter, whole=no_trunc)
        return [row.id for row in rows] if quiet else rows
    if action == "inspect":
        return each(names, lambda name: _networks.inspect(engine, name))
    if action == "rm":
        return each(names, lambda name: _networks.remove(engine, name, force=force), flat=True) or ""
    if action == "prune":
        return _prune(engine, filter, force=force) or ""
    from hull.commands import _linking

    if action == "connect":
        plain = _network_words.endpoint("", alias, (ip, ip6), mac_address)
        _linking.connect(engine, names[0], names[1], _network_words.linked(plain, link, link_local_ip, driver_opt))
    else:
        _linking.disconnect(engine, names[0], names[1], force=force)
    return ""


def check(action: str, names: Many) -> None:
    """Refuse a number of names that an action does not take."""
    wanted = {"create": 1, "ls": 0, "prune": 0, "connect": PAIR, "disconnect": PAIR}.get(action)
    if wanted is None and not names:
        raise UserError(f"hull network {action} needs a network", f"hull network {action} NAME")
    if wanted is not None and len(names) != wanted:
        words = {0: "", 1: " NAME", PAIR: " NETWORK CONTAINER"}[wanted]
        raise UserError(
            f"hull network {action} takes {wanted or 'no'} names, {len(names)} given", f"hull network {action}{words}"
        )


def _prune(engine: Engine, words: Many, *, force: bool) -> list[str]:
    if not force:
        text = "This will remove all custom networks not used by at least one container."
        confirm("remove", text, "hull network prune --force")
    gone = _networks.prune(engine, words)
    return ["Deleted Networks:", *gone] if gone else []

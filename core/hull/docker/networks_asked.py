"""The body of `networks/create`, read; what no network can be is refused, in Docker's words where it has some."""

from hull.commands._networks import Asked
from hull.docker import swarm
from hull.docker.fields import Fields
from hull.docker.versions import Version
from hull.engine import Engine
from hull.errors import Conflict, Missing, Unsupported, UserError
from hull.state.networks import NetworkRows

BRIDGE, OVERLAY = "bridge", "overlay"
FAMILIES = Version(1, 48)  # since then a body may say no to IPv4


class Refused(UserError):  # noqa: N818 (what it says)
    """What Docker answers with 403: what nobody may do to a network."""


def read(engine: Engine, fields: Fields, version: Version) -> Asked:
    """Return what a body asks of a network, as the verb's words."""
    _possible(fields)
    asked = _words_of(fields, version)
    return _of_swarm(engine, fields, asked) if asked.scope == "swarm" else asked


def _possible(fields: Fields) -> None:
    """Refuse networks that there are none of here, in Docker's words where it has some."""
    driver, scope = fields.text("Driver") or BRIDGE, fields.text("Scope")
    if scope not in ("", "local", "swarm"):
        raise Unsupported(f"cannot make a network of the scope {scope}: hull's are local, or those of a swarm")
    if driver == OVERLAY and scope == "local":
        raise Refused("cannot downgrade network scope for overlay networks")
    if fields.flag("Ingress") and driver != OVERLAY and scope != "swarm":
        raise Refused("Ingress network can only be global scope network")
    if driver in ("host", "null"):
        raise Refused(f'only one instance of "{driver}" network is allowed')
    if driver in ("macvlan", "ipvlan"):
        raise Unsupported(
            f"cannot create a network of the driver {driver}: it takes root of this machine's own network"
        )
    if driver not in (BRIDGE, OVERLAY):
        raise Missing(f'could not find plugin {driver} in v1 plugin registry: plugin "{driver}" not found')
    for key in ("ConfigOnly", "ConfigFrom"):
        if fields.asked(key) and fields.data[key] != {"Network": ""}:
            raise Unsupported(f"cannot set {key}: hull keeps no configurations of networks apart")


def _of_swarm(engine: Engine, fields: Fields, asked: Asked) -> Asked:
    """Return what is asked of a network of the swarm that there is."""
    found = swarm.row(engine).find()
    if found is None:
        raise Refused(
            swarm.ABSENT if asked.driver == OVERLAY else "cannot create a swarm scoped network when swarm is not active"
        )
    if "encrypted" in fields.pairs("Options"):
        raise Unsupported("cannot set the option encrypted: hull's overlay networks are this machine's, and in clear")
    if asked.ingress:
        _check_ingress(engine, asked)
    return swarm.of_pools(found, asked)


def _check_ingress(engine: Engine, asked: Asked) -> None:
    if asked.attachable:
        raise UserError("rpc error: code = InvalidArgument desc = ingress network cannot be attachable")
    there = next((network for network in NetworkRows(engine.db).all() if network.ingress), None)
    if there is not None:
        raise Conflict(f"rpc error: code = AlreadyExists desc = ingress network ({there.id}) is already present")


def _words_of(fields: Fields, version: Version) -> Asked:
    """Return a body as the verb's words."""
    ipam = fields.inner("IPAM")
    if ipam.text("Driver") not in ("", "default") or ipam.asked("Options"):
        raise Unsupported("cannot use an IPAM driver or its options: hull has its own alone")
    pools, driver = ipam.each("Config"), fields.text("Driver") or BRIDGE
    v6 = fields.flag("EnableIPv6")
    v4 = None if version < FAMILIES or fields.data.get("EnableIPv4") is None else fields.flag("EnableIPv4")
    reserved = [
        pair for pool in pools for key in ("AuxiliaryAddresses", "AuxAddress") for pair in pool.pairs(key).items()
    ]
    return Asked(
        _each(pools, "Subnet"),
        _each(pools, "Gateway"),
        _each(pools, "IPRange"),
        v6,
        fields.flag("Internal"),
        _words(fields.pairs("Labels")),
        _words(fields.pairs("Options")),
        (v4 is None or v4) if pools or v4 is not None else None,
        tuple(f"{key}={value}" for key, value in reserved),
        fields.flag("Attachable"),
        driver,
        "swarm" if driver == OVERLAY else fields.text("Scope") or "local",
        fields.flag("Ingress"),
    )


def _each(pools: list[Fields], key: str) -> tuple[str, ...]:
    return tuple(word for pool in pools if (word := pool.text(key)))


def _words(pairs: dict[str, str]) -> tuple[str, ...]:
    return tuple(f"{key}={value}" for key, value in pairs.items())

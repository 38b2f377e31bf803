"""Networks and volumes of another engine."""

from hull.commands import _asking, _network_words
from hull.commands import network as network_
from hull.commands import volume as volume_
from hull.commands._network_rows import SHORT, NetworkRow
from hull.commands._several import each
from hull.commands._volume_rows import VolumeRow
from hull.contexts.client import word
from hull.errors import Missing, Unsupported, UserError
from hull.light import Any
from hull.remote import creating, since
from hull.remote.there import Asked, There, filters, seconds


def network(there: There, asked: Asked) -> Any:
    """Create, list, inspect, remove, prune, connect and disconnect."""
    action = network_.ALIASES.get(asked.action, asked.action)
    network_.check(action, asked.names)
    if action == "ls":
        rows = [_network(one, whole=asked.no_trunc) for one in _networks(there, asked.filter)]
        return [row.id for row in rows] if asked.quiet else sorted(rows, key=lambda row: row.name)
    if action == "create":
        if asked.ipv4 is not None:
            since.check(there, "--ipv4", "1.48")
        return [there.post("/networks/create", _created(asked))["Id"]]
    if action == "inspect":
        return each(asked.names, lambda name: there.get(f"/networks/{word(name)}"))
    if action == "rm":
        return each(asked.names, lambda name: _removed(there, f"/networks/{word(name)}", name, asked), flat=True) or ""
    if action == "prune":
        return _pruned(there, asked) or ""
    where, name = asked.names
    body: dict[str, Any] = {"Container": name}
    if action == "connect":
        plain = _network_words.endpoint(where, asked.alias, (asked.ip, asked.ip6), asked.mac_address)
        linked = _network_words.linked(plain, asked.link, asked.link_local_ip, asked.driver_opt)
        body["EndpointConfig"] = creating.endpoint(linked)
    else:
        body["Force"] = asked.force
    there.post(f"/networks/{word(where)}/{action}", body)
    return ""


def _networks(there: There, words: tuple[str, ...]) -> Any:
    return there.get("/networks", filters=filters(words) or None)


def _network(one: dict[str, Any], *, whole: bool) -> NetworkRow:
    ident = str(one["Id"])
    return NetworkRow(
        ident if whole else ident[:SHORT], one["Name"], one["Driver"], one["Scope"], bool(one.get("Internal")),
        bool(one.get("EnableIPv4", True)), bool(one.get("EnableIPv6")), dict(one.get("Labels") or {}),
        seconds(one.get("Created") or ""),
    )  # fmt: skip


def _created(asked: Asked) -> dict[str, Any]:
    parts = _pools(asked)
    return {
        "Name": asked.names[0],
        "CheckDuplicate": True,
        "Driver": asked.driver,
        "Internal": asked.internal,
        "Attachable": asked.attachable,
        **({} if asked.ipv4 is None else {"EnableIPv4": asked.ipv4}),
        "EnableIPv6": asked.ipv6,
        "Labels": _pairs(asked.label),
        "Options": {_option(key): value for key, value in _pairs(asked.opt).items()},
        "IPAM": {"Driver": "default", "Config": parts} if parts else None,
    }


def _pools(asked: Asked) -> list[dict[str, Any]]:
    """Return the subnets, each with what lies in it: its gateway, its range, its reserved addresses."""
    from ipaddress import ip_interface

    pools: list[dict[str, Any]] = [{"Subnet": subnet} for subnet in asked.subnet]
    said = [("Gateway", one, one) for one in asked.gateway] + [("IPRange", one, one) for one in asked.ip_range]
    for key, name, address in said + [("", *one.partition("=")[::2]) for one in asked.aux_address]:
        try:
            place = ip_interface(address).ip
            pool = next(one for one in pools if place in ip_interface(one["Subnet"]).network and key not in one)
        except (ValueError, StopIteration):
            raise UserError(f"cannot place {address or name}: it is in no --subnet of its own", "name one") from None
        if key:
            pool[key] = name
        else:
            pool.setdefault("AuxiliaryAddresses", {})[name] = address
    return pools


def _pairs(words: tuple[str, ...]) -> dict[str, str]:
    return dict(word.partition("=")[::2] for word in words)


def _option(key: str) -> str:
    return "com.docker.network.driver.mtu" if key == "mtu" else key


def _removed(there: There, path: str, name: str, asked: Asked) -> list[str]:
    try:
        there.delete(path, force=asked.force)
    except Missing:
        if not asked.force:
            raise
        return []
    return [name]


def _pruned(there: There, asked: Asked) -> list[str]:
    if not asked.force:
        text = f"This will remove all custom networks of {there.context.name} not used by at least one container."
        _asking.confirm("remove", text, "hull network prune --force")
    gone = there.post("/networks/prune", filters=filters(asked.filter) or None).get("NetworksDeleted") or []
    return ["Deleted Networks:", *gone] if gone else []


def volume(there: There, asked: Asked) -> Any:
    """Create, list, inspect, remove and prune."""
    action = volume_.ALIASES.get(asked.action, asked.action)
    volume_.check(action, asked.names)
    if action == "ls":
        found = there.get("/volumes", filters=filters(asked.filter) or None).get("Volumes") or ()
        rows = sorted((_volume(one) for one in found), key=lambda row: row.name)
        return [row.name for row in rows] if asked.quiet else rows
    if action == "create":
        return [there.post("/volumes/create", {
            "Name": "".join(asked.names[:1]), "Driver": asked.driver,
            "Labels": _pairs(asked.label),
            "DriverOpts": _pairs(asked.opt),
        })["Name"]]  # fmt: skip
    if action == "prune":
        return pruned(there, asked)
    if action not in ("inspect", "rm"):
        raise Unsupported(f"cannot {action} a volume there: Docker's API has no such thing",
                          "hull run --rm -v VOLUME:/v IMAGE tar -C /v -c . on that context")  # fmt: skip
    if action == "inspect":
        return each(asked.names, lambda name: there.get(f"/volumes/{word(name)}"))
    return each(asked.names, lambda name: _removed(there, f"/volumes/{word(name)}", name, asked) or [name], flat=True)


def _volume(one: dict[str, Any]) -> VolumeRow:
    labels = dict(one.get("Labels") or {})
    anonymous = "com.docker.volume.anonymous" in labels
    return VolumeRow(one["Name"], one["Driver"], one["Mountpoint"], labels, seconds(one.get("CreatedAt") or ""),
                     anonymous, ())  # fmt: skip


def pruned(there: There, asked: Asked) -> list[str]:
    """Remove volumes that no container uses."""
    from hull.commands._unused import told

    if not asked.all:
        check_unnamed(there, "take those with a name, too: hull volume prune --all")
    if not asked.force:
        which = "all" if asked.all else "anonymous"
        text = f"This will remove {which} volumes of {there.context.name} that no container uses."
        _asking.confirm("remove", text, "hull volume prune --force")
    return told({"Volumes": freed(there, asked.filter, everything=asked.all)})


def check_unnamed(there: There, instead: str) -> None:
    """Refuse to remove volumes without a name alone where the engine would take those with one, too."""
    since.check(there, "a prune of volumes without a name alone", "1.42", instead)


def freed(there: There, words: tuple[str, ...], *, everything: bool) -> tuple[list[str], int]:
    """Remove volumes that no container uses, those with a name only with `everything`: `check_unnamed` comes first."""
    more = {"all": "true"} if everything and since.speaks(there, "1.42") else {}
    found = there.post("/volumes/prune", filters=filters(words, **more) or None)
    return found.get("VolumesDeleted") or [], int(found.get("SpaceReclaimed") or 0)

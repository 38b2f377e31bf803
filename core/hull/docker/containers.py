"""Containers as Docker's clients list them, and what a body or a query of theirs asks of the verbs."""

from collections.abc import Iterator
from typing import Any

from hull.commands import _details, _diff, _endpoints, _listing, _said
from hull.commands import create as create_
from hull.commands import ps as ps_
from hull.commands import update as update_
from hull.commands._filters import KEYS
from hull.docker import create, create_life, create_limits, filters, hidden, images, links
from hull.docker.create_networks import BRIDGE
from hull.docker.fields import Fields
from hull.docker.versions import Version
from hull.engine import Engine
from hull.errors import Conflict, Missing, UserError
from hull.model import Port, Spec
from hull.runtime import plan
from hull.state.containers import Container, NameInUse
from hull.state.networks import NoSuchNetwork
from hull.state.status import Status

KINDS = {"C": 0, "A": 1, "D": 2}
SHORT_ID = Version(1, 45)  # since then aliases do not tell the id
OMITTED = {
    "State": ("Health",),
    "HostConfig": ("Mounts", "Tmpfs", "Sysctls", "Annotations", "StorageOpt", "Egress"),
    "Config": ("ExposedPorts", "Healthcheck", "MacAddress", "NetworkDisabled", "ArgsEscaped", "Shell", "StopTimeout"),
}
STATES = ("created", "restarting", "running", "removing", "paused", "exited", "dead")
ONE = {"isolation": ("", "default"), "is-task": ("false", "0")}  # what Docker filters by and hull has one of


def made(engine: Engine, asked: create.Asked) -> str:
    """Create the container of a body; return its id."""
    spec = asked.spec
    if spec.image != "host" and not engine.images.identify(spec.image):
        raise Missing(f"No such image: {images.tagged(spec.image)}")
    spec = links.by_id(engine, spec)
    try:
        return create_.made(engine, spec).id
    except NoSuchNetwork:
        return create_.promised(engine, spec).id
    except NameInUse as error:
        raise in_use(spec.name, error) from None


def in_use(name: str, error: NameInUse) -> Conflict:
    """Return Docker's words for a name that is in use."""
    return Conflict(
        f'Conflict. The container name "/{name}" is already in use by container "{error.owner}". '
        "You have to remove (or rename) that container to be able to reuse that name."
    )


def words_of(asked: filters.Filters) -> tuple[str, ...]:
    """Return the words of `ps --filter` that a query's filters mean."""
    odd = next((value for value in asked.get("status", ()) if value not in STATES), None)
    if odd is not None:
        raise UserError(f"invalid filter 'status={odd}'")
    others = {key: values for key, values in asked.items() if key not in ONE}
    nobody = any(value.lower() not in ONE[key] for key in ONE for value in asked.get(key, ()))
    return (*filters.words(others, tuple(KEYS)), *(["id=^$"] if nobody else []))


def listed(engine: Engine, asked: filters.Filters, *, everything: bool, most: int, sized: bool) -> list[dict[str, Any]]:
    """Return the documents of GET /containers/json."""
    pairs = ps_.chosen(engine, words_of(asked), everything=everything or most > 0, most=most if most > 0 else -1)
    names: dict[str, str] = {}
    found = [_summary(engine, row, status, names, sized=sized) for row, status in pairs]
    more = links.names(engine.containers.all()) if found else {}
    for document in found:
        document["Names"] += more.get(document["Id"], [])
    return found


def _summary(engine: Engine, row: Container, status: Status, names: dict[str, str], *, sized: bool) -> dict[str, Any]:
    up = status.state in _listing.UP
    sizes = dict(zip(("SizeRw", "SizeRootFs"), _listing.sizes(engine, row), strict=True)) if sized else {}
    return {
        "Id": row.id,
        "Names": [f"/{row.name}"],
        "Image": _image(engine, row, names),
        "ImageID": row.image,
        "Command": " ".join(f"'{word}'" if " " in word else word for word in plan.command(row.spec, row.config)),
        "Created": int(row.created),
        "Ports": list(_ports(row, _listing.published(engine, row))) if up else [],
        **sizes,
        "Labels": _listing.labels(row),
        "State": _details.state(status),
        "Status": _listing.state_text(status),
        "HostConfig": {"NetworkMode": network_mode(row.spec)},
        "NetworkSettings": {"Networks": bridged(_endpoints.settings(engine, row, up=up)["Networks"])},
        "Mounts": [_details.mount_document(engine, mount) for mount in row.spec.mounts if mount.kind != "tmpfs"],
    }


def network_mode(spec: Spec) -> str:
    """Return NetworkMode: Docker calls the network of who names none bridge."""
    return BRIDGE if spec.network == "default" else spec.network


def bridged(networks: dict[str, Any]) -> dict[str, Any]:
    """Return a container's networks under Docker's names."""
    return {BRIDGE if name == "default" else name: found for name, found in networks.items()}


def inspected(engine: Engine, row: Container, version: Version, *, sized: bool) -> dict[str, Any]:
    """Return the document of GET …/json; of one on networks of one's own it may wait for who changes these."""
    document = _details.container(engine, row, sized=sized)
    document["HostConfig"] |= {"NetworkMode": network_mode(row.spec), "Links": links.told(engine, row)}
    hidden.told(document["HostConfig"], version)
    said = document["HostConfig"]["Tmpfs"]
    document["Mounts"] = [mount for mount in document["Mounts"] if mount["Destination"] not in said]
    _omit(document)
    settings = document["NetworkSettings"]
    settings["Networks"] = bridged(settings["Networks"])
    settings["Networks"].get(BRIDGE, {}).update(_said.part(row.spec, "Endpoint"))
    for found in settings["Networks"].values():
        if version < SHORT_ID and found.get("Aliases") is not None:
            found["Aliases"] = [*found["Aliases"], row.id[:12]]
    return document


def _omit(document: dict[str, Any]) -> None:
    """Leave out what Docker leaves out where nothing was said."""
    for part, keys in OMITTED.items():
        for key in keys:
            if not document[part].get(key):
                document[part].pop(key, None)


def _image(engine: Engine, row: Container, names: dict[str, str]) -> str:
    """Return the name that the container was made by, its image's id where the name means another one now."""
    name = row.spec.image
    if name not in names:
        names[name] = engine.images.identify(name) if row.image else ""
    return name if names[name] == row.image else row.image


def _ports(row: Container, published: tuple[Port, ...]) -> Iterator[dict[str, Any]]:
    for port in published:
        document = {"PrivatePort": port.container, "Type": port.protocol}
        if port.host:
            document = {"IP": port.address or _listing.ANY, **document, "PublicPort": port.host}
        yield document
    open_ = {f"{port.container}/{port.protocol}" for port in published}
    for word in _listing.exposed(row):
        if word not in open_:
            number, _, protocol = word.partition("/")
            yield {"PrivatePort": int(number), "Type": protocol}


def changes(engine: Engine, word: str) -> list[dict[str, Any]]:
    """Return the documents of GET …/changes."""
    return [{"Path": line[2:], "Kind": KINDS[line[0]]} for line in _diff.docker_lines(engine, word)]


def updated(engine: Engine, word: str, body: dict[str, Any], lacking: frozenset[str] | None) -> list[str]:
    """Change limits and restart policy as a body says; return warnings."""
    asked = Fields(body)
    limits, warnings = create_limits.read(asked, lacking)
    row = engine.containers.find(word)
    policy = None
    if asked.inner("RestartPolicy").text("Name"):
        if row.remove:
            raise UserError("Restart policy cannot be updated because AutoRemove is enabled for the container")
        policy = create_life.restart(asked.inner("RestartPolicy"), remove=False)
    if limits.asked or policy is not None:
        update_.changed(engine, word, limits, policy)
    return warnings

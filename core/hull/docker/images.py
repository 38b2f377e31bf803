"""Images as Docker's clients see them: one image's document, its steps, its names."""

import json
from typing import Any

from hull.docker import platform as asking
from hull.docker.versions import Version
from hull.engine import Engine
from hull.errors import Missing, UserError
from hull.images import history as history_
from hull.images import platforms, reference, store

BARE_CONFIG = Version(1, 50)  # from here on a config shows what an image says, not what only a container has
NO_CONTAINER = Version(1, 45)
NO_VIRTUAL = Version(1, 44)
CONTAINER_ONLY: dict[str, Any] = {
    "Hostname": "", "Domainname": "", "AttachStdin": False, "AttachStdout": False, "AttachStderr": False, "Tty": False,
    "OpenStdin": False, "StdinOnce": False, "Image": "",
}  # fmt: skip
ALWAYS: dict[str, Any] = {
    "User": "", "Env": None, "Cmd": None, "Volumes": None, "WorkingDir": "", "Entrypoint": None, "OnBuild": None,
    "Labels": None,
}  # fmt: skip


def parsed(text: str) -> reference.Reference:
    """Return the reference that a text means; Docker's words say what is wrong with it."""
    try:
        return reference.parse(text)
    except UserError:
        name = f"{text.partition('@')[0].rpartition('/')[0]}/{text.rpartition('/')[2].partition(':')[0]}".lstrip("/")
        reason = f": repository name ({_whole(name)}) must be lowercase" if _only_capital(name) else ""
        raise UserError(f"invalid reference format{reason}") from None


def _only_capital(name: str) -> bool:
    """Whether a name would be one in lower case."""
    try:
        reference.parse(name.lower())
    except UserError:
        return False
    return name.lower() != name


def _whole(name: str) -> str:
    return name if "/" in name else f"library/{name}"


def tagged(name: str) -> str:
    """Return an image's name as Docker tells it: with the tag that is meant."""
    last = name.rpartition("/")[2]
    return name if ":" in last or "@" in last else f"{name}:latest"


def holder(engine: Engine, name: str) -> tuple[store.ImageStore, str]:
    """Return the store that has an image and the image's id; where there is none, Docker's words say so."""
    try:
        return engine.images.holder(name)
    except Missing:
        raise Missing(f"No such image: {tagged(name)}") from None
    except UserError:
        parsed(name)
        raise


def document(engine: Engine, name: str, version: Version, platform: str = "") -> dict[str, Any]:
    """Return what `inspect` shows of an image."""
    held, ident = holder(engine, name)
    found = held.image_details(ident)
    record = held.rows.get(ident)
    config = json.loads(record.config) if record else {}
    if platform:
        check_platform(engine, name, platform)
    run = found["Config"]
    made: dict[str, Any] = {
        "Id": found["Id"],
        "RepoTags": found["RepoTags"],
        "RepoDigests": found["RepoDigests"],
        "Parent": str(config.get("parent") or ""),
        "Comment": found["Comment"],
        "Created": found["Created"] or None,
        "DockerVersion": str(config.get("docker_version") or ""),
        "Author": found["Author"],
        "Config": of_config(run, version),
        "Architecture": found["Architecture"],
        **({"Variant": found["Variant"]} if found["Variant"] else {}),
        "Os": found["Os"],
        **({"OsVersion": config["os.version"]} if config.get("os.version") else {}),
        "Size": found["Size"],
        "GraphDriver": {"Data": _places(found["GraphDriver"]["Data"]["Layers"][::-1]), "Name": "overlay2"},
        "RootFS": found["RootFS"],
        "Metadata": {"LastTagTime": found["Metadata"]["LastTagTime"].replace("+00:00", "Z")},
    }
    if version < NO_CONTAINER:
        made["Container"] = str(config.get("container") or "")
        made["ContainerConfig"] = of_config(config.get("container_config") or {}, version)
    if version < NO_VIRTUAL:
        made["VirtualSize"] = found["Size"]
    return made


def _places(stack: list[str]) -> dict[str, str] | None:
    """Return the directories of an image, the highest first, by overlayfs's names."""
    if not stack:
        return None
    return {"UpperDir": stack[0], **({"LowerDir": ":".join(stack[1:])} if stack[1:] else {})}


def of_config(run: dict[str, Any], version: Version) -> dict[str, Any]:
    """Return an image's run config as a version of the API shows it."""
    if version >= BARE_CONFIG:
        return run
    return {**CONTAINER_ONLY, **ALWAYS, **run}


def check_platform(engine: Engine, name: str, platform: str) -> None:
    """Raise where an image that is here is made for another platform."""
    held, ident = holder(engine, name)
    record = held.rows.get(ident)
    made, wanted = platforms.of(json.loads(record.config) if record else {}), asking.read(platform)
    if wanted.rank(made) is None:
        raise Missing(
            f"image with reference {name} was found but its platform ({made}) does not match the specified "
            f"platform ({wanted})"
        )


def history(engine: Engine, name: str) -> list[dict[str, Any]]:
    """Return the steps that made an image, the newest first."""
    held, ident = holder(engine, name)
    tags = [str(reference.parse(key)) for key, _ in held.rows.tags(ident) if "@" not in key]
    steps = history_.steps(held.rows, ident)
    return [
        {
            "Comment": step.comment,
            "Created": int(step.created),
            "CreatedBy": step.created_by,
            "Id": step.id,
            "Size": step.size,
            "Tags": (tags or None) if step.id == ident else None,
        }
        for step in steps
    ]


def named(repository: str, tag: str) -> str:
    """Return the reference that a `repo` and a `tag` mean together, "" for neither; a digest names nothing new."""
    if not repository:
        return ""
    found = parsed(repository)
    if found.digest:
        raise UserError("refusing to create a tag with a digest reference")
    if found.familiar_name == "sha256":
        raise UserError("refusing to create an ambiguous tag using digest algorithm as name")
    try:
        return str(reference.parse(f"{found.name}:{tag}") if tag else found)
    except UserError:
        raise UserError("invalid tag format") from None


def tag(engine: Engine, source: str, repository: str, label: str) -> None:
    """Give an image one more name."""
    target = named(repository, label)
    if not target:
        raise UserError("repository name must have at least one component")
    holder(engine, source)
    engine.images.tag(source, (target,))

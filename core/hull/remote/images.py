"""Images of another engine."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from functools import partial

from hull.commands._several import each
from hull.commands.history import StepRow, cut
from hull.commands.images import DigestRow, ImageRow
from hull.commands.search import SearchRow, shortened
from hull.contexts.answer import Answer
from hull.contexts.client import word
from hull.errors import RegistryError, UserError
from hull.images import reference
from hull.images.reference import Reference
from hull.light import Any
from hull.log import Event
from hull.remote.there import Asked, There, filters

NONE = "<none>"


def images(there: There, asked: Asked) -> list[ImageRow] | list[DigestRow] | list[str]:
    """List the images that are there."""
    said = filters(asked.filter)
    if asked.repository:
        said.setdefault("reference", []).append(asked.repository)
    found = there.get("/images/json", all=asked.all, filters=said or None)
    make = DigestRow if asked.digests else ImageRow
    rows = [make(*line) for one in found for line in lines(one, whole=asked.no_trunc)]
    return list(dict.fromkeys(row.id for row in rows)) if asked.quiet else rows


def lines(one: dict[str, Any], *, whole: bool) -> list[tuple[Any, ...]]:
    """Return a line for each name of one document of /images/json."""
    ident = str(one["Id"])
    shown = ident if whole else ident.removeprefix("sha256:")[:12]
    pairs = [text.rpartition("@")[::2] for text in one.get("RepoDigests") or ()]
    names = [name.rpartition(":")[::2] for name in one.get("RepoTags") or ()]
    made = [(repository, tag, dict(pairs).get(repository, NONE)) for repository, tag in names]
    made += [(repository, NONE, digest) for repository, digest in pairs if repository not in dict(names)]
    rest = (shown, float(one["Created"]), int(one["Size"]))
    return [(repository, tag, *rest, digest) for repository, tag, digest in made or [(NONE, NONE, NONE)]]


def pull(there: There, asked: Asked) -> str | list[str]:
    """Let the engine fetch an image; return its name."""
    fetch(there, asked.image, asked.platform, every=asked.all_tags)
    return reference.parse(asked.image).canonical


def fetch(there: There, image: str, platform: str = "", *, every: bool = False) -> None:
    """Fetch it, telling how far it is."""
    asked = reference.parse(image)
    query = {"fromImage": asked.familiar_name, "tag": "" if every else asked.wanted, "platform": platform}
    answer = there.client.call("POST", "/images/create", query, b"", _login(asked))
    told(there, answer)


def _login(name: Reference) -> dict[str, str]:
    """Return the header by which the engine proves who asks: the caller's own login at the registry."""
    from hull.images import auth

    found = auth.find(name.registry, name.repository)
    if not found:
        return {}
    secret = {"identitytoken": found.token} if found.token else {"username": found.user, "password": found.password}
    text = json.dumps({**secret, "serveraddress": name.registry})
    return {"X-Registry-Auth": urlsafe_b64encode(text.encode()).decode()}


def told(there: There, answer: Answer) -> list[dict[str, Any]]:
    """Tell a stream of progress as it comes; return what is none. An error in it is raised."""
    rest = []
    for one in answer.documents():
        error = one.get("error") or (one.get("errorDetail") or {}).get("message")
        if error:
            raise RegistryError(str(error), "")
        if one.get("id") and "status" in one:
            detail = one.get("progressDetail") or {}
            there.events(Event("progress", str(one["id"]), str(one["status"]).lower(), int(detail.get("current") or 0),
                               int(detail.get("total") or 0)))  # fmt: skip
        else:
            rest.append(one)
    return rest


def push(there: There, asked: Asked) -> list[str]:
    """Bring an image from there to a registry."""
    if asked.destination:
        raise UserError(
            "cannot push under another name there", f"hull tag {asked.image} {asked.destination}, then push"
        )
    name = reference.parse(asked.image)
    tag, where = "" if asked.all_tags else name.tag, name.familiar_name
    headers = _login(name) or {"X-Registry-Auth": urlsafe_b64encode(b"{}").decode()}
    answer = there.client.call("POST", f"/images/{word(where)}/push", {"tag": tag}, b"", headers)
    done = [one.get("aux") for one in told(there, answer)]
    return [f"{a['Tag']}: digest: {a['Digest']} size: {a['Size']}" for a in done if a and "Digest" in a]


def tag(there: There, asked: Asked) -> None:
    """Give an image more names."""
    for target in asked.target:
        repo, label = parted(target)
        there.post(f"/images/{word(asked.source)}/tag", repo=repo, tag=label)


def parted(name: str) -> tuple[str, str]:
    """Return a name's repository and tag, as Docker's API takes them."""
    if not name:
        return "", ""
    found = reference.parse(name)
    return found.familiar_name, found.tag


def untag(there: There, asked: Asked) -> None:
    """Take names from an image; Docker's API removes what loses its last one."""
    found = there.get(f"/images/{word(asked.image)}/json")
    held = tuple(found.get("RepoTags") or ())
    names = asked.names or held
    if not set(held) - {":".join(parted(name)) for name in names}:
        raise UserError(f"cannot untag {asked.image}: there an image without a name is removed", "hull rmi removes it")
    for name in names:
        there.delete(f"/images/{word(name)}", noprune=True)


def rmi(there: There, asked: Asked) -> list[str]:
    """Remove images; tell what went in hull's words."""
    return each(asked.image, partial(_remove, there, force=asked.force), flat=True)


def _remove(there: There, name: str, *, force: bool) -> list[str]:
    found = there.delete(f"/images/{word(name)}", force=force) or ()
    return gone(found)


def gone(found: Sequence[dict[str, str]]) -> list[str]:
    """Return what was removed: names, then ids."""
    return [one[key] for key in ("Untagged", "Deleted") for one in found if one.get(key)]


def history(there: There, asked: Asked) -> list[StepRow] | list[str]:
    """Show the steps that made an image."""
    found = there.get(f"/images/{word(asked.image)}/history")
    rows = [StepRow(str(one["Id"]), float(one["Created"] or 0), one["CreatedBy"] or "", int(one["Size"]),
                    one.get("Comment") or "", asked.human) for one in found]  # fmt: skip
    if not asked.no_trunc:
        rows = [row._replace(id=row.id.removeprefix("sha256:")[:12], created_by=cut(row.created_by)) for row in rows]
    return [row.id for row in rows] if asked.quiet else rows


def search(there: There, asked: Asked) -> list[SearchRow]:
    """Let the engine search a registry."""
    found = there.get("/images/search", term=asked.term, limit=asked.limit, filters=filters(asked.filter) or None)
    return [SearchRow(one["name"], one["description"] if asked.no_trunc else shortened(one["description"]),
                      int(one["star_count"]), bool(one["is_official"]), bool(one.get("is_automated")))
            for one in found]  # fmt: skip


def commit(there: There, asked: Asked) -> str:
    """Make an image of a container there; return its id."""
    name, label = parted(asked.reference)
    query = {"container": asked.container, "repo": name, "tag": label, "author": asked.author,
             "comment": asked.message, "changes": list(asked.change), "pause": "1" if asked.pause else "0"}  # fmt: skip
    return str(there.client.json("POST", "/commit", query, {})["Id"])

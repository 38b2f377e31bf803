"""What registries say of images without giving them: a search, a distribution."""

from typing import Any

from hull import config
from hull.commands import search as search_
from hull.docker import filters
from hull.docker.images_auth import Refused
from hull.engine import Engine
from hull.errors import Missing, UserError
from hull.images import documents, manifest, mirrors, platforms, reference, refusals
from hull.images.credentials import Credentials
from hull.images.registry import Registry

SEARCH_FILTERS = ("stars", "is-official", "is-automated")
USUAL = 25


def search(
    engine: Engine, term: str, limit: int | None, asked: filters.Filters, who: Credentials | None = None
) -> list[dict[str, Any]]:
    """Return what a registry finds."""
    wanted = limit or USUAL
    if not 0 < wanted <= search_.LIMIT_MOST:
        raise UserError(f"limit {wanted} is outside the range of [1, {search_.LIMIT_MOST}]")
    words = filters.words(asked, SEARCH_FILTERS)
    return [
        {
            "star_count": row.stars,
            "is_official": row.official,
            "name": row.name,
            "is_automated": row.automated,
            "description": row.description,
        }
        for row in search_.found(engine, term, wanted, words, who)
    ]


def distribution(engine: Engine, name: str, who: Credentials | None) -> dict[str, Any]:
    """Return the descriptor of what a reference names at its registry, and the platforms it is made for."""
    parsed = reference.parse(name)
    try:
        return mirrors.ask(parsed, config.load(engine.paths.config), who, _described)
    except refusals.DeniedError:
        raise Refused("unauthorized: authentication required") from None
    except refusals.AbsentError:
        raise Missing("manifest unknown: manifest unknown") from None


def _described(registry: Registry) -> dict[str, Any]:
    digest, claimed, body = registry.manifest(registry.reference.wanted)
    found = manifest.parse(body, claimed)
    if isinstance(found, manifest.Index):
        made = [one.platform for one in found.manifests]
    else:
        made = [platforms.of(documents.read(registry.small(found.config), "the image config"))]
    descriptor = {"mediaType": manifest.type_of(body, claimed), "digest": digest, "size": len(body)}
    return {"Descriptor": descriptor, "Platforms": [_shown(one) for one in made]}


def _shown(made: platforms.Platform) -> dict[str, str]:
    shown = {"architecture": made.architecture, "os": made.os}
    return {**shown, "variant": made.variant} if made.variant else shown

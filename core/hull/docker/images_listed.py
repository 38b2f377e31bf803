"""`GET /images/json`: every image with its names, as Docker's clients list them."""

import json
from collections import Counter
from typing import Any, NamedTuple

from hull.commands._image_filters import LISTING, ImageFilters, Subject, subjects
from hull.docker import filters, images
from hull.docker.versions import Version
from hull.engine import Engine
from hull.images import history, imageconfig, reference, removing
from hull.images.listing import Line
from hull.images.store import ImageStore

UNKNOWN = -1  # what takes a look at everything is told to those who ask for it
NO_NONE = Version(1, 43)  # from here on an image without a name has empty lists
NONE, NONE_DIGEST = "<none>:<none>", "<none>@<none>"


class Asked(NamedTuple):
    """What is wanted: `filters` of the query, and whether bytes that several images share, and containers, count."""

    filters: filters.Filters
    shared: bool = False
    counted: bool = False


def rows(engine: Engine, asked: Asked, version: Version) -> list[dict[str, Any]]:
    """Return the documents of the images that the filters let through, the newest first."""
    wanted = _filters(engine, asked.filters)
    found, seen = list[dict[str, Any]](), set[str]()
    for store in (engine.images, *engine.images.shared):
        often = _often(store) if asked.shared else Counter()
        sizes = {layer.diff_id: layer.size for layer in store.rows.layers()} if asked.shared else {}
        for subject in subjects(store.rows):
            if subject.image.id in seen or not wanted.match(subject):
                continue
            seen.add(subject.image.id)
            names = [key for key in subject.keys if wanted.shows(_line(key, subject))]
            if names or not asked.filters.get("reference"):
                made = _row(subject, names, version)
                if asked.shared:
                    made["SharedSize"] = _shared_size(subject, often, sizes)
                if asked.counted:
                    made["Containers"] = len(removing.users(engine.paths, engine.images.rows, subject.image.id))
                found.append(made)
    return sorted(found, key=lambda one: -one["Created"])


def _filters(engine: Engine, asked: filters.Filters) -> ImageFilters:
    known = (*LISTING, "label!")
    words = filters.words(asked, known)
    filters.switch(asked, "dangling", usual=False)
    for key in ("before", "since"):
        for name in asked.get(key, ()):
            images.holder(engine, name)
    return ImageFilters(engine, words, known)


def _line(key: str, subject: Subject) -> Line:
    parsed = reference.parse(key)
    return Line(parsed.familiar_name, parsed.tag, parsed.digest, subject.image.id, subject.image.created, 0)


def _row(subject: Subject, keys: list[str], version: Version) -> dict[str, Any]:
    config = json.loads(subject.image.config)
    names = [str(reference.parse(key)) for key in keys]
    tags, digests = [one for one in names if "@" not in one], [one for one in names if "@" in one]
    if version < NO_NONE and not names:
        tags, digests = [NONE], [NONE_DIGEST]
    created = history.seconds(config.get("created")) or subject.image.created
    made = {
        "Containers": UNKNOWN,
        "Created": int(created),
        "Id": subject.image.id,
        "Labels": (config.get("config") or {}).get("Labels"),
        "ParentId": str(config.get("parent") or ""),
        "RepoDigests": digests,
        "RepoTags": tags,
        "SharedSize": UNKNOWN,
        "Size": subject.image.size,
    }
    return {**made, "VirtualSize": subject.image.size} if version < images.NO_VIRTUAL else made


def _often(store: ImageStore) -> Counter[str]:
    """Return how many images have each layer."""
    return Counter(diff_id for image in store.rows.all() for diff_id in _layers(image.config))


def _layers(config: str) -> set[str]:
    return set(imageconfig.layers(json.loads(config)))


def _shared_size(subject: Subject, often: Counter[str], sizes: dict[str, int]) -> int:
    return sum(sizes.get(diff_id, 0) for diff_id in _layers(subject.image.config) if often[diff_id] > 1)

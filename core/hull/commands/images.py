"""`hull images`."""

import time

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.images import listing
from hull.light import Annotated, Any, NamedTuple
from hull.units import moment, size, span

HEADINGS = {
    "ID": "IMAGE ID", "Repository": "REPOSITORY", "Tag": "TAG", "Digest": "DIGEST", "CreatedSince": "CREATED",
    "CreatedAt": "CREATED AT", "Size": "SIZE", "VirtualSize": "SIZE", "SharedSize": "SHARED SIZE",
    "UniqueSize": "UNIQUE SIZE", "Containers": "CONTAINERS",
}  # fmt: skip
FILTER = "dangling=true|false, label=KEY[=VALUE], before=IMAGE, since=IMAGE, until=TIME or AGE, reference=PATTERN"


class ImageRow(NamedTuple):
    """One line: a reference of an image, or an image without any."""

    repository: str
    tag: str
    id: str
    created: float
    size: int
    digest: str = listing.NONE

    def placeholders(self) -> dict[str, Any]:
        """Return what a template sees; what would take a look at every container is N/A, as it is Docker's."""
        return {
            "ID": self.id,
            "Repository": self.repository,
            "Tag": self.tag,
            "Digest": self.digest,
            "CreatedSince": f"{span(time.time() - self.created)} ago",
            "CreatedAt": moment(self.created),
            "Size": size(self.size),
            "VirtualSize": size(self.size),
            "SharedSize": "N/A",
            "UniqueSize": "N/A",
            "Containers": "N/A",
        }

    @staticmethod
    def headings() -> dict[str, Any]:
        """Return the columns of the placeholders."""
        return HEADINGS

    @staticmethod
    def layout(_rows: Any) -> tuple[str, ...]:
        """Return the columns of the table."""
        return ("Repository", "Tag", "ID", "CreatedSince", "Size")


class DigestRow(ImageRow):
    """One line, with the manifest's digest as a column."""

    @staticmethod
    def layout(_rows: Any) -> tuple[str, ...]:
        """Return the columns of the table."""
        return ("Repository", "Tag", "Digest", "ID", "CreatedSince", "Size")


def images(
    engine: Engine,
    repository: Annotated[str, Word("only this repository, or this reference", "REPOSITORY", complete="image")] = "",
    *,
    all: Annotated[bool, Flag("show also images without a reference", short="a")] = False,
    quiet: Annotated[bool, Flag("print ids only", short="q")] = False,
    digests: Annotated[bool, Flag("show the manifests' digests")] = False,
    no_trunc: Annotated[bool, Flag("print whole ids")] = False,
    filter: Annotated[tuple[str, ...], Flag(FILTER, "f", "FILTER")] = (),
    all_contexts: Annotated[bool, Flag("ask every context, side by side")] = False,  # noqa: ARG001 (the front does)
) -> list[ImageRow] | list[DigestRow] | list[str]:
    """List the images that are here."""
    found = listing.rows(engine.images.rows, repository, unnamed=all or not repository)
    found += _shared(engine, found, repository, unnamed=all or not repository)
    if filter:
        found = _filtered(engine, found, filter)
    lines = [line._replace(id=line.id if no_trunc else line.id.removeprefix("sha256:")[:12]) for line in found]
    if quiet:
        return list(dict.fromkeys(line.id for line in lines))
    make = DigestRow if digests else ImageRow
    return [make(line.repository, line.tag, line.id, line.created, line.size, line.digest) for line in lines]


def _filtered(engine: Engine, lines: list[listing.Line], words: tuple[str, ...]) -> list[listing.Line]:
    from hull.commands._image_filters import LISTING, ImageFilters, subjects

    filters = ImageFilters(engine, words, LISTING)
    shown = {
        subject.image.id
        for store in (engine.images, *engine.images.shared)
        for subject in subjects(store.rows)
        if filters.match(subject)
    }
    return [line for line in lines if line.id in shown and filters.shows(line)]


def _shared(engine: Engine, own: list[listing.Line], wanted: str, *, unnamed: bool) -> list[listing.Line]:
    """Return the lines of the stores under one's own, those left out that these or another one has."""
    seen = {(line.repository, line.tag) for line in own} | {line.id for line in own}
    found = []
    for store in engine.images.shared:
        for line in listing.rows(store.rows, wanted, unnamed=unnamed):
            key = line.id if line.repository == listing.NONE else (line.repository, line.tag)
            if key not in seen:
                seen.add(key)
                found.append(line)
    return found

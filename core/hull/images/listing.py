"""Images as lines of a table: one a reference, `<none>` where there is none."""

from hull.images import reference
from hull.light import NamedTuple
from hull.state.images import Images

NONE = "<none>"


class Line(NamedTuple):
    """One reference of one image; `created` when it came here, `size` unpacked."""

    repository: str
    tag: str
    digest: str
    id: str
    created: float
    size: int


def rows(images: Images, wanted: str, *, unnamed: bool) -> list[Line]:
    """Return the lines of a repository or a reference, of all if empty; `unnamed` adds images without a reference."""
    tags: dict[str, list[str]] = {}
    for key, ident in images.tags():
        tags.setdefault(ident, []).append(key)
    lines: list[Line] = []
    for image in images.all():
        for repository, tag, digest in _names(tags.get(image.id, [])):
            lines.append(Line(repository, tag, digest, image.id, image.created, image.size))
    if wanted:
        parsed = reference.parse(wanted)
        lines = [line for line in lines if line.repository == parsed.familiar_name]
        if ":" in wanted.rpartition("/")[2]:
            lines = [line for line in lines if line.tag == parsed.tag]
    return [line for line in lines if unnamed or line.repository != NONE]


def _names(keys: list[str]) -> list[tuple[str, str, str]]:
    """Return (repository, tag, digest) of references; a digest stands alone only where its name has no tag."""
    parsed = [reference.parse(key) for key in keys]
    digests = {one.name: one.digest for one in parsed if one.digest}
    tagged = [(one.familiar_name, one.tag, digests.get(one.name, NONE)) for one in parsed if not one.digest]
    names = {one.name for one in parsed if not one.digest}
    bare = [(one.familiar_name, NONE, one.digest) for one in parsed if one.digest and one.name not in names]
    return [*tagged, *bare] or [(NONE, NONE, NONE)]

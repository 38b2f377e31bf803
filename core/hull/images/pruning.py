"""Remove many images at once: those that somebody chose and no container uses."""

from hull.images import reference, removing, telling
from hull.light import TYPE_CHECKING, NamedTuple
from hull.paths import Paths

if TYPE_CHECKING:
    from hull.images.store import ImageStore


class Pruned(NamedTuple):
    """What went, in Docker's words (`untagged: …`, `deleted: …`), and the bytes of layers that went with it."""

    lines: list[str]
    freed: int


def prune(store: "ImageStore", paths: Paths, idents: list[str]) -> Pruned:
    """Remove these images with all their references, those that a container uses left out."""
    rows, lines = store.rows, list[str]()
    before = sum(layer.size for layer in rows.layers())
    for ident in idents:
        if removing.users(paths, rows, ident):
            continue
        names = [str(reference.parse(key)) for key, _ in rows.tags(ident)]
        lines += [f"untagged: {name}" for name in names]
        rows.forget(ident)
        for _ in names:
            telling.tell(store, "untag", ident)
        telling.tell(store, "delete", ident)
        lines.append(f"deleted: {ident}")
    store.clean()
    return Pruned(lines, before - sum(layer.size for layer in rows.layers()))

"""Names of images that are here: given, and taken away. The image stays."""

from hull.errors import UserError
from hull.images import reference
from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from hull.images.store import ImageStore


def keys(names: tuple[str, ...]) -> list[str]:
    """Return what new names are filed under; one that no image can be called is an error."""
    parsed = [reference.parse(name) for name in names]
    for one in parsed:
        if one.digest:
            raise UserError(f"cannot call an image {one}: a digest is no name", "hull tag IMAGE NAME[:TAG]")
    return [one.key for one in parsed]


def take(store: "ImageStore", ident: str, names: tuple[str, ...]) -> None:
    """Take these names from the image, every one if none is said; one that is not its is an error, nothing is done."""
    from hull.images import telling

    keys = [key for key, _ in store.rows.tags(ident)]
    wanted = [reference.parse(name) for name in names]
    for one in wanted:
        if one.key not in keys:
            raise UserError(f"cannot untag {one}: that is no name of this image", "hull images shows its names")
    gone = [one.key for one in wanted] if names else keys
    store.rows.untag(gone)
    for _ in gone:
        telling.tell(store, "untag", ident)

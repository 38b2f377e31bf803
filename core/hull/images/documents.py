"""JSON documents from registries and archives: read strictly, so that nobody else can read another thing in them."""

from hull.errors import RegistryError
from hull.light import Any


def read(body: bytes, what: str) -> Any:
    """Return what the UTF-8 JSON holds. A key twice in one object, NaN and endless nesting are errors."""
    import json

    try:
        return json.loads(body.decode(), parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        reason = str(error)[:200] or "nested too deeply"
        hint = "the image is damaged or hostile: pull it from its source"
        raise RegistryError(f"cannot read {what}: {reason}", hint) from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice in one object")
    return found

"""Keys of the step cache: what a step reads decides, never when it was built."""

import hashlib
import json

from hull.light import Any

VERSION = 1  # of what a key covers; a new number forgets every step


def key(kind: str, parents: list[str], details: Any) -> str:
    """Return the key of a step over layers (digests, lowest first) that does what `details`, plain JSON values, say."""
    text = json.dumps([VERSION, kind, parents, details], sort_keys=True, ensure_ascii=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

"""How often a test repeats itself: few in CI, as many as the case asks with HULL_REPEAT=full, or a number."""

import os


def times(few: int, many: int) -> int:
    """Return how many rounds to run."""
    asked = os.environ.get("HULL_REPEAT", "")
    if asked == "full":
        return many
    return int(asked) if asked else few

"""A query's filters: checked, and as the words of the verbs' --filter."""

from hull.errors import UserError

Filters = dict[str, list[str]]
SWITCH = {"1": True, "true": True, "0": False, "false": False}


def words(filters: Filters, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return KEY=VALUE words; a key that is not known is an error, in Docker's words."""
    odd = next((key for key in filters if key not in known), None)
    if odd is not None:
        raise UserError(f"invalid filter '{odd}'")
    return tuple(f"{key}={value}" for key, values in filters.items() for value in values)


def switch(filters: Filters, key: str, *, usual: bool) -> bool:
    """Return what a filter that is true or false says."""
    values = filters.get(key, [])
    if not values:
        return usual
    if len(values) > 1 or values[0].lower() not in SWITCH:
        raise UserError(f"invalid filter '{key}=[{' '.join(values)}]'")
    return SWITCH[values[0].lower()]

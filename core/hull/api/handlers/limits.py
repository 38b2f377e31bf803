"""Which limits are left out with a warning: none, unless the server was told to."""

from hull.api.call import Call


def lacking(call: Call) -> frozenset[str] | None:
    """Return the controllers that limits would need and that are not here; None where such limits are refused."""
    if call.work.limits != "warn":
        return None
    from hull.docker import create_limits

    return create_limits.lacking()

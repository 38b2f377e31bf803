"""`hull version`."""


def version(engine: None) -> str:  # noqa: ARG001
    """Print hull's version."""
    from hull import __version__

    return f"hull {__version__}"

"""Containers as native shell commands."""

__version__ = "0.1.0"
__all__ = ["__version__", "load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell: object) -> None:
    """`%load_ext hull`."""
    from hull.ipython import load

    load(shell)


def unload_ipython_extension(shell: object) -> None:
    """`%unload_ext hull`."""
    from hull.ipython import unload

    unload(shell)

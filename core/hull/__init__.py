"""Containers as native shell commands, and as Python values: `hull.run("debian", ["sleep", "9"], detach=True)`.

What is named here is imported when it is first asked for: a shell that loads hull pays nothing for it.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hull import aio, errors
    from hull.awaiting import arun
    from hull.errors import HullError
    from hull.objects import (
        Container,
        Image,
        Network,
        Try,
        Volume,
        cell,
        container,
        create,
        events,
        image,
        inside,
        prune,
        ps,
        pull,
        run,
        stats,
        trial,
    )

__version__ = "0.1.0"
__all__ = [
    "Container",
    "HullError",
    "Image",
    "Network",
    "Try",
    "Volume",
    "__version__",
    "aio",
    "arun",
    "cell",
    "container",
    "create",
    "errors",
    "events",
    "image",
    "inside",
    "load_ipython_extension",
    "prune",
    "ps",
    "pull",
    "run",
    "stats",
    "trial",
    "unload_ipython_extension",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'hull' has no attribute {name!r}")
    import importlib

    if name in ("aio", "errors"):
        return importlib.import_module(f"hull.{name}")
    home = importlib.import_module({"HullError": "hull.errors", "arun": "hull.awaiting"}.get(name, "hull.objects"))
    found: object = getattr(home, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__} - {"TYPE_CHECKING"})


def load_ipython_extension(shell: object) -> None:
    """`%load_ext hull`."""
    from hull.ipython import load

    load(shell)


def unload_ipython_extension(shell: object) -> None:
    """`%unload_ext hull`."""
    from hull.ipython import unload

    unload(shell)

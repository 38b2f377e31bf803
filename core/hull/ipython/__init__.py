"""The IPython front: `%load_ext hull` gives %hull, %%hull, %%try, completion and tables that display themselves."""

from hull.light import Any


def load(shell: Any) -> None:
    """Register the magic and its completion."""
    import atexit

    from hull.ipython.complete import matcher
    from hull.ipython.magics import HullMagics

    magics = HullMagics(shell)
    shell.register_magics(magics)
    shell.Completer.custom_matchers.append(matcher(shell))
    atexit.register(magics.close)


def unload(shell: Any) -> None:
    """Take exactly those away and let the kept user namespace go."""
    magics = shell.magics_manager.registry.pop("HullMagics", None)
    for kind in ("line", "cell"):
        for name in ("hull", "try"):
            shell.magics_manager.magics[kind].pop(name, None)
    matchers = shell.Completer.custom_matchers
    for handler in filter(None, (getattr(m, "tags_key", None) for m in matchers)):
        shell.pt_app.key_bindings.remove(handler)
    matchers[:] = [m for m in matchers if getattr(m, "matcher_identifier", "") != "hull"]
    if magics is not None:
        magics.close()

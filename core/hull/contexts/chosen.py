"""Which context a command is for: --context, HULL_CONTEXT, what `hull context use` chose. Every command asks: light."""

import os

DEFAULT = "default"


def name(said: str, config: str = "") -> str:
    """Return the chosen context's name, "" for this machine; `config` is hull's directory of settings."""
    found = said or os.environ.get("HULL_CONTEXT", "") or used(config)
    return "" if found == DEFAULT else found


def used(config: str = "") -> str:
    """Return what `hull context use` chose, "" for nothing."""
    if not config:
        from hull import paths

        config = paths.find().config
    try:
        with open(f"{config}/context", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""

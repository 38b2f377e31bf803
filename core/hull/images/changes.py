"""Dockerfile instructions that change an image's config: what `import --change` and `commit --change` take."""

from collections.abc import Callable

from hull.errors import UserError
from hull.light import Any

Expand = Callable[[str, str, dict[str, str]], str]
EXPANDED = ("ENV", "EXPOSE", "LABEL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR")  # as in a Dockerfile


def apply(
    instructions: tuple[str, ...], base: dict[str, Any] | None = None, expand: Expand | None = None
) -> dict[str, Any]:
    """Return the `config` object of an image config that the instructions make, of nothing or of `base`.

    `expand` replaces the variables of the config so far in what a Dockerfile would expand, too.
    """
    import copy

    run: dict[str, Any] = copy.deepcopy(base or {})
    for text in instructions:
        word, _, rest = text.strip().partition(" ")
        change = _CHANGES.get(word.upper())
        if change is None or not rest.strip():
            raise UserError(f"cannot apply the change {text!r}", f"use {', '.join(sorted(_CHANGES))} and a value")
        if expand is not None and word.upper() in EXPANDED:
            known = dict(item.split("=", 1) for item in run.get("Env") or [] if "=" in item)
            rest = expand(word.upper(), rest.strip(), known)
        change(run, rest.strip())
    return run


def _words(text: str) -> list[str]:
    """Return the words of a JSON list, or a shell's command line for the text."""
    return _json(text) or ["/bin/sh", "-c", text]


def _json(text: str) -> list[str] | None:
    import json

    if not text.startswith("["):
        return None
    try:
        words = json.loads(text)
    except ValueError:
        return None
    return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def _pairs(text: str) -> dict[str, str]:
    """Return KEY=VALUE pairs with a shell's quotes; `KEY value` is the old way to write one."""
    import shlex

    key, _, value = text.partition(" ")
    if "=" not in key:
        return {key: value.strip()}
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UserError(f"cannot apply the change {text!r}: {error}", 'write it as KEY="a value"') from None
    if not all("=" in word for word in words):
        raise UserError(f"cannot apply the change {text!r}: not KEY=VALUE", 'quote a value with spaces: KEY="a value"')
    return dict(word.split("=", 1) for word in words)


def _env(run: dict[str, Any], text: str) -> None:
    was = {item.partition("=")[0]: item for item in run.get("Env") or []}
    run["Env"] = [*{**was, **{key: f"{key}={value}" for key, value in _pairs(text).items()}}.values()]


def _object(run: dict[str, Any], key: str) -> dict[str, Any]:
    """Return an object of the config, made where it is missing or null."""
    found: dict[str, Any] = run.get(key) or {}
    run[key] = found
    return found


def _expose(run: dict[str, Any], text: str) -> None:
    for word in text.split():
        _object(run, "ExposedPorts")[word if "/" in word else f"{word}/tcp"] = {}


def _volume(run: dict[str, Any], text: str) -> None:
    for word in _json(text) or text.split():
        _object(run, "Volumes")[word] = {}


def _workdir(run: dict[str, Any], text: str) -> None:
    import os.path

    run["WorkingDir"] = os.path.normpath(os.path.join("/", run.get("WorkingDir") or "", text))


_CHANGES: dict[str, Callable[[dict[str, Any], str], None]] = {
    "CMD": lambda run, text: run.__setitem__("Cmd", _words(text)),
    "ENTRYPOINT": lambda run, text: run.__setitem__("Entrypoint", _words(text)),
    "ENV": _env,
    "EXPOSE": _expose,
    "LABEL": lambda run, text: _object(run, "Labels").update(_pairs(text)),
    "ONBUILD": lambda run, text: run.__setitem__("OnBuild", [*(run.get("OnBuild") or []), text]),
    "STOPSIGNAL": lambda run, text: run.__setitem__("StopSignal", text),
    "USER": lambda run, text: run.__setitem__("User", text),
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}

"""The OCI image config: checked when it comes, made into `model.Image` when a start asks."""

from hull.errors import RegistryError
from hull.images import digests, documents, platforms
from hull.images.platforms import Platform
from hull.light import Any, NamedTuple
from hull.model import Health, Image

_HINT = "the image is damaged or hostile: pull it from its source"
_LISTS = ("Env", "Cmd", "Entrypoint", "OnBuild", "Shell")
_MAPS = ("Labels", "Volumes", "ExposedPorts")
_WORDS = ("User", "WorkingDir", "StopSignal")
_NUMBERS = ("Interval", "Timeout", "StartPeriod", "StartInterval", "Retries")
_HEALTH = "$.config.Healthcheck"


class Config(NamedTuple):
    """A checked config: its digest is the image's id, `text` its exact JSON."""

    id: str
    text: str
    diff_ids: tuple[str, ...]
    platform: Platform


def parse(body: bytes) -> Config:
    """Return the checked config."""
    data = _read(body)
    rootfs = data.get("rootfs")
    diff_ids = layers(data) if isinstance(rootfs, dict) and "diff_ids" in rootfs else None
    if not isinstance(diff_ids, list):
        raise RegistryError("cannot use the image: its config lists no layers, so it is no container image", _HINT)
    run = data.get("config")
    kinds = {"config": dict, "container_config": dict, "history": list}
    if any(data.get(key) is not None and not isinstance(data[key], kind) for key, kind in kinds.items()):
        raise RegistryError("cannot use the image: its config is malformed", _HINT)
    _check(run or {})
    checked = tuple(digests.checked(item, "a layer's diff id") for item in diff_ids)
    return Config(digests.of(body), body.decode(), checked, platforms.of(data))


def layers(config: dict[str, Any]) -> Any:
    """Return the diff ids that a config lists; null, which Docker writes for none, is none."""
    found = config["rootfs"]["diff_ids"]
    return [] if found is None else found


def _read(body: bytes) -> dict[str, Any]:
    """Return a JSON object whose strings can be stored: no lone surrogates, no NUL."""
    import json

    data = documents.read(body, "the image config")
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        raise RegistryError("cannot read the image config: its text is no Unicode", _HINT) from None
    if not isinstance(data, dict) or b"\\u0000" in body:
        raise RegistryError("cannot read the image config: it is no JSON object without NUL characters", _HINT)
    return data


def _check(run: dict[str, Any]) -> None:
    for key in _LISTS:
        value = run.get(key)
        if value is not None and not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            raise RegistryError(f"cannot use the image: {key} in its config is no list of strings", _HINT)
    for key in _MAPS:
        if run.get(key) is not None and not isinstance(run[key], dict):
            raise RegistryError(f"cannot use the image: {key} in its config is no object", _HINT)
    for key in _WORDS:
        if run.get(key) is not None and not isinstance(run[key], str):
            raise RegistryError(f"cannot use the image: {key} in its config is no string", _HINT)
    _check_health(run.get("Healthcheck"))


def _check_health(value: Any) -> None:
    if value is None:
        return
    test = value.get("Test") if isinstance(value, dict) else None
    sound = isinstance(value, dict) and (
        test is None or (isinstance(test, list) and all(isinstance(word, str) for word in test))
    )
    if not sound or any(type(value.get(key) or 0) is not int or (value.get(key) or 0) < 0 for key in _NUMBERS):
        raise RegistryError("cannot use the image: Healthcheck in its config is malformed", _HINT)


def image(ident: str, reference: str, rows: list[tuple[str, str, object]]) -> tuple[Image, list[str]]:
    """Return the image without its layers, and their diff ids, from what `state.Images.config` gives."""
    lists: dict[str, list[str]] = {}
    pairs: dict[str, list[tuple[str, str]]] = {}
    words: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for path, key, value in rows:
        if path in ("$", "$.config"):
            words[key] = "" if value is None else str(value)
        elif path in ("$.config.Labels", "$.config.Volumes", "$.config.ExposedPorts"):
            pairs.setdefault(path[9:], []).append((key, str(value or "")))
        elif path == _HEALTH:
            numbers[key] = value if isinstance(value, int) else 0
        else:
            lists.setdefault(path, []).append(str(value))
    found = Image(
        id=ident,
        reference=reference,
        layers=(),
        entrypoint=tuple(lists.get("$.config.Entrypoint", ())),
        command=tuple(lists.get("$.config.Cmd", ())),
        env=tuple(lists.get("$.config.Env", ())),
        workdir=words.get("WorkingDir", ""),
        user=words.get("User", ""),
        stop_signal=words.get("StopSignal", ""),
        volumes=tuple(key for key, _ in pairs.get("Volumes", ())),
        ports=tuple(key for key, _ in pairs.get("ExposedPorts", ())),
        labels=tuple(f"{key}={value}" for key, value in pairs.get("Labels", ())),
        architecture=words.get("architecture", ""),
        os=words.get("os", "") or "linux",
        variant=words.get("variant", ""),
        shell=tuple(lists.get("$.config.Shell", ())),
        health=_health(lists.get(f"{_HEALTH}.Test", []), numbers),
    )
    return found, lists.get("$.rootfs.diff_ids", [])


def _health(test: list[str], numbers: dict[str, int]) -> Health | None:
    """Return the image's health check, nanoseconds made seconds; an empty test is none."""
    if not test:
        return None
    interval, timeout, start_period, start_interval = (numbers.get(key, 0) / 1e9 for key in _NUMBERS[:4])
    return Health(tuple(test), interval, timeout, numbers.get("Retries", 0), start_period, start_interval)


def healthcheck(check: Health) -> dict[str, Any]:
    """Return a check as a config says it: times are nanoseconds, what was not said is 0."""
    names = ("Interval", "Timeout", "StartPeriod", "StartInterval")
    spans = (check.interval, check.timeout, check.start_period, check.start_interval)
    nanoseconds = {name: int(span * 1e9) for name, span in zip(names, spans, strict=True)}
    return {"Test": list(check.command), **nanoseconds, "Retries": check.retries}

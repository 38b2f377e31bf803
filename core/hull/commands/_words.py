"""What users write after a flag, parsed once into values. Source of the grammars: Docker's run reference."""

from collections.abc import Iterable

from hull.errors import UserError
from hull.model import Ulimit
from hull.units import read_size as size

__all__ = ("device", "environment", "size", "ulimit")


def ulimit(text: str) -> Ulimit:
    """Parse `nofile=1024[:2048]`."""
    name, _, values = text.partition("=")
    soft, _, hard = values.partition(":")
    try:
        return Ulimit(name.lower().removeprefix("rlimit_"), int(soft), int(hard or soft))
    except ValueError:
        raise UserError(
            f"cannot read the limit {text!r}", "write --ulimit NAME=SOFT[:HARD], as nofile=1024:2048"
        ) from None


def device(text: str) -> str:
    """Check --device: `/dev/x[:/dev/y[:rwm]]`; return it as `/dev/x:/dev/y`."""
    source, _, rest = text.partition(":")
    target, _, access = rest.partition(":")
    if access and set(access) - set("rwm"):
        raise UserError(f"cannot read the device {text!r}", "write --device /dev/x[:/dev/y[:rwm]]")
    if not source.startswith("/"):
        raise UserError(f"cannot show the device {source}: not an absolute path", "write --device /dev/x")
    if target and set(target) <= set("rwm"):
        target = ""
    return f"{source}:{target or source}"


def environment(assignments: Iterable[str], files: Iterable[str], environ: dict[str, str]) -> tuple[str, ...]:
    """Merge --env-file then -e; a bare NAME takes the caller's value and is dropped where there is none."""
    result: list[str] = []
    for path in files:
        result += _env_file(path, environ)
    for word in assignments:
        if word.startswith("=") or not word:
            raise UserError(f"cannot set the variable {word!r}: no name", "write -e NAME=VALUE or -e NAME")
        if "=" in word:
            result.append(word)
        elif word in environ:
            result.append(f"{word}={environ[word]}")
    return tuple(result)


def _env_file(path: str, environ: dict[str, str]) -> list[str]:
    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = [line.lstrip().rstrip("\r\n") for line in file]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UserError(f"cannot read the environment file {path}: {reason}", "check the path") from None
    words = [line for line in lines if line and not line.startswith("#")]
    bad = next((w for w in words if any(c.isspace() for c in w.partition("=")[0]) or w.startswith("=")), None)
    if bad is not None:
        raise UserError(f"cannot read the environment file {path}: bad name in {bad!r}", "one NAME=VALUE a line")
    return list(environment(words, (), environ))

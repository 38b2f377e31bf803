"""Which flags of run a kernel takes, how they are kept as words, and the kernels that are installed."""

import os

from hull.commands import _flags
from hull.commands._verb import Parameter, derive
from hull.engine import Engine
from hull.errors import UserError
from hull.kernels import packages, specs
from hull.kernels.specs import Kernelspec
from hull.light import Any, NamedTuple

Many = tuple[str, ...]
# What a kernel cannot have: Jupyter is at its streams and starts it again.
REFUSED = ("entrypoint", "interactive", "tty", "restart", "log_driver", "log_opt", "health_cmd")
PATHS = ("volume", "env_file")


class Asked(NamedTuple):
    """Which kernel: the image, its Python's name ("" to look for it), run's flags, and whether to show a folder."""

    image: str
    python: str
    flags: dict[str, Any]
    folder: bool


def check(flags: dict[str, Any]) -> None:
    """Refuse what a kernel cannot have."""
    for name in REFUSED:
        if flags.get(name, "no") not in (False, "no", "", (), None):
            flag = name.replace("_", "-")
            raise UserError(
                f"cannot use --{flag} for a kernel: Jupyter starts it and is at its streams", "leave it out"
            )


def kept(flags: dict[str, Any]) -> list[str]:
    """Return flags as words that give them again, from whatever directory."""
    known = {flag.name: flag for flag in derive("run", _flags.asked).flags}
    return [word for name, value in flags.items() if name in known for word in _words(known[name], value)]


def _words(flag: Parameter, value: Any) -> list[str]:
    name = flag.longs[0]
    if isinstance(value, bool):
        return [] if value == flag.default else [f"--{name}" if value else f"--{name}=false"]
    if value is None or value == flag.default:
        return []
    values = value if flag.many else (value,)
    return [f"--{name}={_absolute(str(one)) if flag.name in PATHS else one}" for one in values]


def _absolute(word: str) -> str:
    path, colon, rest = word.partition(":")
    return f"{os.path.abspath(path)}{colon}{rest}" if path.startswith(".") else word


def listed(words: Many, prefix: str) -> list[Kernelspec]:
    """Return the kernels that are installed."""
    if words:
        raise UserError(f"hull kernel ls does not take {words[0]!r}", "hull kernel --help")
    return specs.found(specs.places(dict(os.environ), prefix))


def removed(engine: Engine, name: str, prefix: str) -> str:
    """Remove a kernel, and its packages where no other uses them; return its name."""
    spec = next((one for one in listed((), prefix) if one.name == name.lower()), None)
    if spec is None:
        raise UserError(f"no such kernel: {name}", "hull kernel ls lists those that hull has installed")
    specs.remove(spec)
    packages.sweep(engine.paths)
    return spec.name

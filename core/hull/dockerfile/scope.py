"""What a build argument is worth, and where: before the first FROM, in a stage, or without being declared at all.

globals_(dockerfile, given, …)       what FROM lines may use: the arguments before the first, and the platforms
declare(arg, …)                      what an ARG in a stage sets
proxies(given)                       the arguments that need no ARG and are no part of the image or the cache
"""

from collections.abc import Mapping

from hull.dockerfile.model import Arg, Dockerfile
from hull.dockerfile.place import Malformed
from hull.dockerfile.variables import Manner, expand

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
Known = dict[str, str]


def platforms(build: str, target: str, stage: str = "") -> Known:
    """Return the arguments that every file has: of two platforms (`os/architecture[/variant]`) and the target."""
    made: Known = {}
    for prefix, platform in (("BUILD", build), ("TARGET", target)):
        system, architecture, variant = (*platform.split("/"), "", "")[:3]
        made |= {f"{prefix}PLATFORM": platform, f"{prefix}OS": system, f"{prefix}OSVERSION": ""}
        made |= {f"{prefix}ARCH": architecture, f"{prefix}VARIANT": variant}
    return {**made, "TARGETSTAGE": stage or "default"}


def globals_(dockerfile: Dockerfile, given: Mapping[str, str], predefined: Mapping[str, str]) -> Known:
    """Return what FROM lines may use: `predefined` (of `platforms`) and the ARGs before the first FROM.

    `given` are --build-arg values: they replace a declared default, and what is predefined.
    """
    known = {name: given.get(name, value) for name, value in predefined.items()}
    for arg in dockerfile.arguments:
        for name, value in arg.pairs:
            if name in given:
                known[name] = given[name]
            elif value is not None:
                known[name] = _expanded(arg, value, known, dockerfile.escape)
    return known


def declare(
    arg: Arg, given: Mapping[str, str], known: Mapping[str, str], variables: Mapping[str, str], escape: str = "\\"
) -> tuple[tuple[str, str | None], ...]:
    """Return (name, value) of each name an ARG in a stage declares; None has no value and sets nothing.

    A --build-arg wins over the default, the default over the global one (`known`, of `globals_`). `variables` are the
    stage's so far; an earlier name on the same line counts.
    """
    made: list[tuple[str, str | None]] = []
    seen = dict(variables)
    for name, default in arg.pairs:
        value = known.get(name) if default is None else default
        if name in given:
            value = given[name]
        elif default is not None:
            value = _expanded(arg, default, seen, escape)
        if value is not None:
            seen[name] = value
        made.append((name, value))
    return tuple(made)


def proxies(given: Mapping[str, str]) -> Known:
    """Return the build arguments a RUN's environment has without an ARG, as they were given, in both cases."""
    found = {name: value for name, value in given.items() if name.upper() in PROXIES}
    return {case: value for name, value in found.items() for case in (name.upper(), name.lower())}


def unused(dockerfile: Dockerfile, given: Mapping[str, str], predefined: Mapping[str, str]) -> tuple[str, ...]:
    """Return the build arguments that no ARG declares and that are not predefined: misspelt, most likely."""
    declared = {name for arg in dockerfile.arguments for name, _ in arg.pairs}
    for stage in dockerfile.stages:
        declared |= {name for step in stage.instructions if isinstance(step, Arg) for name, _ in step.pairs}
    free = {*declared, *predefined, "SOURCE_DATE_EPOCH"}
    return tuple(
        name for name in given if name not in free and name.upper() not in PROXIES and not name.startswith("BUILDKIT_")
    )


def parse_given(words: tuple[str, ...], environ: Mapping[str, str]) -> Known:
    """Return --build-arg words as a table: `NAME=VALUE`, or `NAME` for the caller's variable if it has one."""
    made: Known = {}
    for word in words:
        name, equals, value = word.partition("=")
        if equals or name in environ:
            made[name] = value if equals else environ[name]
    return made


def _expanded(arg: Arg, value: str, variables: Mapping[str, str], escape: str) -> str:
    try:
        return expand(value, variables, Manner(escape))
    except Malformed as error:
        raise arg.at.error(f"cannot expand {value!r}: {error}", near=value) from None

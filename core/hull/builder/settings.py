"""The instructions that change an image's config only, and the history that BuildKit writes for them."""

import json
import posixpath
from collections.abc import Callable

from hull.builder.state import State
from hull.dockerfile import model
from hull.light import Any


def apply(state: State, instruction: Any) -> None:
    """Change the config as an expanded instruction says, and note it."""
    CHANGES[type(instruction)](state, instruction)


def env(state: State, instruction: model.Env) -> None:
    """Set variables; those that are there keep their place."""
    values = {**state.environment, **dict(instruction.pairs)}
    state.run["Env"] = [f"{key}={value}" for key, value in values.items()]
    state.note("ENV " + " ".join(f"{key}={value}" for key, value in instruction.pairs))


def label(state: State, instruction: model.Label) -> None:
    """Set labels."""
    state.run["Labels"] = {**(state.run.get("Labels") or {}), **dict(instruction.pairs)}
    state.note("LABEL " + " ".join(f"{key}={value}" for key, value in instruction.pairs))


def _words(state: State, command: model.Command) -> list[str]:
    return [*state.shell, *command.words] if command.shell and command.words else list(command.words)


def cmd(state: State, instruction: model.Cmd) -> None:
    """Set the command."""
    state.run["Cmd"] = _words(state, instruction.command)
    state.said_command = True
    state.note(f"CMD {json.dumps(state.run['Cmd'], ensure_ascii=False, separators=(' ', ''))}")


def entrypoint(state: State, instruction: model.Entrypoint) -> None:
    """Set the entry point; a command that this stage has not set was another program's."""
    state.run["Entrypoint"] = _words(state, instruction.command)
    if not state.said_command:
        state.run["Cmd"] = None
    state.note(f"ENTRYPOINT {json.dumps(state.run['Entrypoint'], ensure_ascii=False, separators=(' ', ''))}")


def expose(state: State, instruction: model.Expose) -> None:
    """Name ports."""
    state.run["ExposedPorts"] = {**(state.run.get("ExposedPorts") or {}), **{port: {} for port in instruction.ports}}
    state.note(f"EXPOSE map[{' '.join(f'{port}:{{}}' for port in sorted(instruction.ports))}]")


def volume(state: State, instruction: model.Volume) -> None:
    """Name volumes."""
    state.run["Volumes"] = {**(state.run.get("Volumes") or {}), **{path: {} for path in instruction.paths}}
    state.note(f"VOLUME [{' '.join(instruction.paths)}]")


def user(state: State, instruction: model.User) -> None:
    """Set the user."""
    state.run["User"] = instruction.user
    state.note(f"USER {instruction.user}")


def shell(state: State, instruction: model.Shell) -> None:
    """Set what runs the shell form."""
    state.run["Shell"] = list(instruction.words)
    state.note(f"SHELL [{' '.join(instruction.words)}]")


def stopsignal(state: State, instruction: model.StopSignal) -> None:
    """Set the signal that stops a container; one that no Linux has is an error at its line."""
    import signal

    word = instruction.signal.upper().removeprefix("SIG")
    known = word.isdecimal() or f"SIG{word}" in signal.Signals.__members__ or word.startswith(("RTMIN", "RTMAX"))
    if not known:
        raise instruction.at.error(f"{instruction.signal!r} is no signal", "write one like SIGTERM or 9")
    state.run["StopSignal"] = instruction.signal
    state.note(f"STOPSIGNAL {instruction.signal}")


def healthcheck(state: State, instruction: model.HealthCheck) -> None:
    """Set the health check."""
    made: dict[str, Any] = {"Test": list(instruction.test)}
    for key, seconds in (
        ("Interval", instruction.interval), ("Timeout", instruction.timeout),
        ("StartPeriod", instruction.start_period), ("StartInterval", instruction.start_interval),
    ):  # fmt: skip
        if seconds:
            made[key] = round(seconds * 1e9)
    if instruction.retries:
        made["Retries"] = instruction.retries
    state.run["Healthcheck"] = made
    state.note(f"HEALTHCHECK {json.dumps(list(instruction.test), ensure_ascii=False, separators=(' ', ''))}")


def onbuild(state: State, instruction: model.OnBuild) -> None:
    """Keep a trigger for images built on this one."""
    state.run["OnBuild"] = [*(state.run.get("OnBuild") or []), instruction.trigger]
    state.note(f"ONBUILD {instruction.trigger}")


def maintainer(state: State, instruction: model.Maintainer) -> None:
    """Name the author."""
    state.author = instruction.name
    state.note(f"MAINTAINER {instruction.name}")


def resolved(state: State, path: str) -> str:
    """Return an absolute path, `.` and `..` resolved; a slash at the end, or what means a directory, stays one."""
    full = posixpath.join(state.workdir, path or ".")
    clean = posixpath.normpath(full).replace("//", "/")
    directory = path.endswith(("/", "/.")) or posixpath.basename(path) in ("", ".", "..")
    return f"{clean.rstrip('/')}/" if directory else clean


CHANGES: dict[type, Callable[[State, Any], None]] = {
    model.Cmd: cmd,
    model.Entrypoint: entrypoint,
    model.Env: env,
    model.Expose: expose,
    model.HealthCheck: healthcheck,
    model.Label: label,
    model.Maintainer: maintainer,
    model.OnBuild: onbuild,
    model.Shell: shell,
    model.StopSignal: stopsignal,
    model.User: user,
    model.Volume: volume,
}

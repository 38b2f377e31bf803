"""The launcher in the place of the command that xonsh is about to start."""

import os

from xonsh.procs.specs import DecoratorAlias

from hull.light import Any


class Native(DecoratorAlias):  # type: ignore[misc]
    """Let xonsh run the command on the terminal itself; only `!(…)` needs its reader thread."""

    def decorate_spec(self, spec: Any) -> None:
        """Choose between a plain process and a read one, before xonsh does."""
        spec.force_threadable = spec.captured == "object"


class OnHost(DecoratorAlias):  # type: ignore[misc]
    """Run a command on this machine, wherever the shell is."""

    descr = "Run a command on this machine while a container is entered: @host COMMAND"


class Start(Native):
    """Spawn what run or exec prepared in place of the command xonsh holds; tell that it has been."""

    def __init__(self, hull: Any, launch: Any) -> None:
        self._hull = hull
        self._launch = launch
        self._about = hull.telling.start(launch)

    def decorate_spec_pre_run(self, pipeline: Any, spec: Any, _number: int) -> None:
        """Wrap the class that xonsh is about to call; nothing stays open in the shell.

        The plan holds the program's variables. The launcher's own are this process's: to make the shell's once more
        would cost as much as the plan.
        """
        inner = spec.cls
        if not spec.env:
            spec.prep_env_subproc = lambda options: options.update(env=dict(os.environ))

        def popen(_command: list[str], **options: Any) -> Any:
            process = self._hull.spawn(self._launch, popen=inner, **options)
            self._hull.telling.started(pipeline, process, self._about)
            return process

        spec.cls = popen


class Pull(Native):
    """Have the end of a pull told; the command is xonsh's own to start."""

    def __init__(self, hull: Any, image: str) -> None:
        self._hull = hull
        self._image = image

    def decorate_spec_pre_run(self, pipeline: Any, spec: Any, _number: int) -> None:
        """Wrap the class that xonsh is about to call."""
        inner = spec.cls

        def popen(command: list[str], **options: Any) -> Any:
            process = inner(command, **options)
            self._hull.telling.pulling(pipeline, process, self._image)
            return process

        spec.cls = popen


def named_group(options: dict[str, Any]) -> dict[str, Any]:
    """Return Popen's options with xonsh's code between fork and exec replaced by the process group that it joins.

    Without such code Python starts a child by vfork, whatever the shell's size. What else the code does, a handler of
    SIGTSTP, ends with the exec. Code that is not xonsh's own is left as it is.
    """
    from xonsh.procs import specs

    code = options.get("preexec_fn")
    kept = {key: value for key, value in options.items() if key not in ("preexec_fn", "close_fds")}
    if code is None:
        return kept
    if code is getattr(specs, "no_pg_xonsh_preexec_fn", None):
        return {**kept, "process_group": 0}
    if getattr(getattr(code, "__code__", None), "co_freevars", None) == ("pipeline_group",):
        return {**kept, "process_group": code.__closure__[0].cell_contents}
    return {**kept, "preexec_fn": code}

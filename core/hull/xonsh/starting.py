"""The launcher in the place of the command that xonsh is about to start."""

from xonsh.procs.specs import DecoratorAlias

from hull.light import Any


class Native(DecoratorAlias):  # type: ignore[misc]
    """Let xonsh run the command on the terminal itself; only `!(…)` needs its reader thread."""

    def decorate_spec(self, spec: Any) -> None:
        """Choose between a plain process and a read one, before xonsh does."""
        spec.force_threadable = spec.captured == "object"


class Start(Native):
    """Spawn what run or exec prepared in place of the command xonsh holds."""

    def __init__(self, hull: Any, launch: Any) -> None:
        self._hull = hull
        self._launch = launch

    def decorate_spec_pre_run(self, _pipeline: Any, spec: Any, _number: int) -> None:
        """Wrap the class that xonsh is about to call; nothing stays open in the shell."""
        inner = spec.cls

        def popen(_command: list[str], **options: Any) -> Any:
            return self._hull.spawn(self._launch, popen=inner, **options)

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

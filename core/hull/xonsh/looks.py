"""What a shell that is in a container looks like: the prompt says where, known commands are those inside."""

from collections.abc import Callable

from hull.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hull.xonsh.scopes import Scopes

SILENT = (
    "curr_branch",
    "branch_color",
    "branch_bg_color",
    "gitstatus",
    "env_name",
)  # they tell of this machine's files


class Looks:
    """The replaced fields of the prompt, colours of commands, and Ctrl-D; `close` gives xonsh its own back."""

    def __init__(self, shell: Any, scopes: "Scopes") -> None:
        self._shell = shell
        self._scopes = scopes
        self._fields = shell.env["PROMPT_FIELDS"]
        self._own: dict[str, Any] = {}
        self._modules: list[tuple[Any, str, Any]] = []
        for name, value in self._replacements().items():
            if name in self._fields:
                self._own[name] = self._fields[name]
                self._fields[name] = self._scoped(self._own[name], value)
        self._replace_in("xonsh.pyghooks", "_command_is_valid", self._known)
        self._replace_in("xonsh.shells.ptk_shell.key_bindings", "xonsh_exit", self._exit)
        self._handler = lambda **_: self._before_prompt()  # xonsh marks handlers, a method takes no mark
        shell.builtins.events.on_pre_prompt_format(self._handler)
        self.forget()

    def close(self) -> None:
        """Look like before."""
        self._fields.update(self._own)
        for module, name, own in self._modules:
            setattr(module, name, own)
        self._shell.builtins.events.on_pre_prompt_format.discard(self._handler)
        self.forget()

    def forget(self) -> None:
        """Forget which commands were known, and what prompts said: they are another place's now."""
        import sys

        hooks = sys.modules.get("xonsh.pyghooks")
        getattr(hooks, "_cmd_valid_cache", {}).clear()
        getattr(self._fields, "reset", int)()

    def _replacements(self) -> dict[str, Callable[[Any], Any]]:
        def base(scope: Any) -> str:
            return scope.shown().rpartition("/")[2] or "/"

        def above(scope: Any) -> str:
            return str(scope.shown().rpartition("/")[0])

        shown: dict[str, Callable[[Any], Any]] = {
            "cwd": lambda scope: scope.shown(),
            "short_cwd": lambda scope: scope.shown(),
            "cwd_base": base,
            "cwd_dir": above,
            "hostname": lambda scope: scope.name,
            "user": lambda scope: (scope.entered.user or scope.entered.row.spec.user or "root").partition(":")[0],
        }
        return {**shown, **dict.fromkeys(SILENT, lambda _scope: None)}

    def _scoped(self, own: Any, value: Callable[[Any], Any]) -> Callable[[], Any]:
        def field() -> Any:
            scope = self._scopes.current()
            if scope is None:
                return own() if callable(own) else own
            return value(scope)

        return field

    def _replace_in(self, module: str, name: str, make: Callable[[Any], Any]) -> None:
        import sys

        found = sys.modules.get(module)
        if found is not None and hasattr(found, name):
            own = getattr(found, name)
            self._modules.append((found, name, own))
            setattr(found, name, make(own))

    def _known(self, own: Any) -> Callable[[str], bool]:
        def known(name: str) -> bool:
            scope = self._scopes.current()
            if scope is None or name.startswith("@") or name in (self._shell.aliases or {}):
                return bool(own(name))
            return scope.knows(name)

        return known

    def _exit(self, own: Any) -> Callable[..., Any]:
        def leave(args: Any, *more: Any) -> Any:
            scope = self._scopes.current()
            if scope is None or scope.block:
                return own(args, *more)
            scope.leaving = True  # at the next prompt: the terminal is still the line editor's
            return None

        return leave

    def _before_prompt(self) -> None:
        import sys

        while (scope := self._scopes.current()) is not None:
            if scope.leaving:
                told = self._scopes.leave(scope)
            elif not (scope.block or scope.entered.alive):
                told = self._scopes.gone(scope)
            else:
                return
            if told:
                sys.stderr.write(f"{told}\n")

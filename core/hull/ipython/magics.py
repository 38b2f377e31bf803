"""%hull and %%hull."""

import os
import sys
from contextlib import nullcontext

from IPython.core.magic import Magics, cell_magic, line_cell_magic, magics_class, no_var_expand
from IPython.display import display

from hull.commands._line import Call, read
from hull.errors import HullError, UserError
from hull.faces.shown import Text, face
from hull.ipython import alone, cells, interpreters, trying
from hull.ipython.display import Bars, watch
from hull.light import Any
from hull.output import pour
from hull.present import lines

CELLS = "cells run on this machine: %env HULL_CONTEXT=default"


class ContainerError(HullError):
    """The program in the container ended with a code other than 0."""

    def __init__(self, title: str, code: int) -> None:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        super().__init__(f"{title} {how}")
        self.exit_code = code


@magics_class
class HullMagics(Magics):  # type: ignore[misc]
    """Rootless containers in IPython."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._engine: Any = None
        self._jobs: Any = None
        self._server: Any = None
        self._named: Any = None
        self._notebook = getattr(shell, "kernel", None) is not None

    def engine(self) -> Any:
        """Return this shell's engine, made when first needed."""
        if self._engine is None:
            from hull.engine import Engine
            from hull.progress import Progress

            events = Bars(display, _say) if self._notebook else Progress(sys.stderr)
            self._engine = Engine(events=events)
        return self._engine

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_cell_magic  # type: ignore[untyped-decorator]
    def hull(self, line: str, cell: str | None = None) -> Any:
        """Run rootless containers: `%hull VERB …`, or `%%hull IMAGE` with the text for its shell.

        `%hull --help` lists the verbs; `x = %hull ps` keeps their value. `{name}` in the line becomes the variable's
        value; braces around anything else are text. `%%hull IMAGE` gives the cell to the interpreter that the image
        starts by itself, or to `--interpreter PROGRAM`; the flags of run may follow. `%%hull -n NAME IMAGE` makes a
        container that keeps its state, `%%hull -n NAME` runs the next cell in it, `%hull cells` shows them. In a
        terminal `%hull jobs`, `%hull fg` and `%hull bg` know what Ctrl-Z stopped. A program that fails raises, except
        on a terminal's own line.
        """
        try:
            words = cells.split(line, self.shell.user_ns)
            if cell is not None:
                return self._cell(cells.asked(words), cell)
            if words and words[0] in ("jobs", "fg", "bg") and not self._notebook:
                return self._job(*words)
            if words == ["cells"]:
                return self._named_made().shown()
            call = read(words)
            if alone.is_asked(call):
                return self._alone(call, words)
            return self._finish(call, fails=self._notebook)
        except HullError as error:
            raise _speaking(error) from None

    @no_var_expand  # type: ignore[untyped-decorator]
    @cell_magic("try")  # type: ignore[untyped-decorator]
    def try_(self, line: str, cell: str) -> None:
        """Run a cell on a copy of this machine: `%%try` for Python, `%%try bash` for a shell; then see what changed.

        The program is one of this machine's, a new process for each cell. `-n NAME` makes a try that the next cell of
        that name goes on in; the other flags are those of try: `%%try --net bash`. Nothing here changes before
        `%hull keep NAME`.
        """
        try:
            asked = trying.call_of(cells.split(line, self.shell.user_ns), cell, self._is_try)
            if asked.call.verb is None:
                display(self._finish(asked.call))
                return
            self._try(asked)
        except HullError as error:
            raise _speaking(error) from None

    def _alone(self, call: Call, words: list[str]) -> Any:
        if call.flags.get("session"):
            if self._server is None:
                self._server = alone.server()
            return Text(self._server.start(self.engine(), os.environ, call.flags))
        code = alone.run(None if self._notebook else self._jobs_made(), words)
        return self._settle(f"hull {words[0]}", code, fails=self._notebook)

    def _is_try(self, name: str) -> bool:
        from hull.commands import _trial_told

        return _trial_told.exists(self.engine(), name)

    def _try(self, asked: cells.Cell) -> None:
        """Run a cell in a try, show what that changed; on a terminal the try's own end says it."""
        launch = self._planned(asked.call)
        code = self._start(launch, asked.stdin)
        if self._notebook:
            from hull.commands import _trial_told
            from hull.faces.changes import Changed

            told = _trial_told.told(self.engine(), launch.container)
            if told is not None:
                display(Changed(*told))
        self._settle("the cell in a try", code, fails=True)

    def _planned(self, call: Call) -> Any:
        self.engine().keep()
        try:
            return call(self.engine)
        finally:
            self.engine().events.close()

    def close(self) -> None:
        """End stopped jobs, let go of the session and the database."""
        if self._jobs is not None:
            self._jobs.end()
        if self._named is not None:
            self._named.close()
        if self._server is not None:
            self._server.close()
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _cell(self, asked: cells.Asked, text: str) -> Any:
        """Run a cell in the container that it names, else in one of its own."""
        if asked.name and "--help" not in asked.words:
            return self._cell_in(asked, text)
        call = cells.call_of(asked)
        if call.verb is None:
            return self._finish(call)
        if call.elsewhere:
            raise UserError(
                f"cannot run a cell on the context {call.elsewhere}", "cells run here: HULL_CONTEXT=default"
            )
        if call.flags.get("tty") and self._notebook:
            raise UserError(*cells.NO_TERMINAL)
        interpreter = asked.interpreter or self._interpreter(call)
        if asked.values or asked.out:
            return self._carry(asked, interpreter, text)
        call, stdin = cells.cell(asked, interpreter, text)
        return self._finish(call, stdin, fails=True)

    def _carry(self, asked: cells.Asked, interpreter: tuple[str, ...], text: str) -> None:
        """Run a cell with variables of this shell; assign what it gives back, all or nothing."""
        from hull.ipython import values

        names = self.shell.user_ns
        self.shell.push(values.carry(self.engine(), asked, interpreter, text, names=names, run=self._code))

    def _code(self, call: Call, stdin: Any) -> Any:
        self._finish(call, stdin)
        return self.shell.user_ns["_exit_code"]

    def _cell_in(self, asked: cells.Asked, text: str) -> None:
        self.engine().keep()
        try:
            if asked.values or asked.out:
                self.shell.push(self._named_made().carry(self.engine(), asked, text, self.shell.user_ns))
                return
            code = self._named_made().run(self.engine(), asked, text)
        finally:
            self.engine().events.close()
        self._settle(f"the cell in {asked.name}", code, fails=True)

    def _interpreter(self, call: Any) -> tuple[str, ...]:
        """Return what reads the text of a cell that does not say."""
        try:
            if call.verb.name == "exec":
                return interpreters.of_container(self.engine(), call.words[0])
            return interpreters.of_image(self.engine(), call.words[0], call.flags)
        finally:
            self.engine().events.close()

    def _finish(self, call: Call, stdin: Any = None, *, fails: bool = False) -> Any:
        try:
            value = self._value(call, stdin)
        except HullError as error:
            if error.done:
                sys.stdout.writelines(f"{line}\n" for line in lines(error.done, call.output))
            raise
        finally:
            if self._engine is not None:
                self._engine.events.close()
        title = f"hull {call.verb.name}" if call.verb else "hull"
        if hasattr(value, "passed"):  # by ssh
            return self._settle(title, value.passed(), fails=fails)
        if hasattr(value, "__next__"):
            pour(value, sys.stdout, sys.stderr)
            return self._settle(title, value.exit_code, fails=fails) if hasattr(value, "exit_code") else None
        if hasattr(value, "full_screen"):  # the verb has refused where there is no terminal
            from hull.ipython.terminal import beside

            return self._settle(title, self._jobs_made().run(beside(value.words), title), fails=False)
        if hasattr(value, "frames"):
            return watch(value, call, notebook=self._notebook)
        if not call.starts(value):
            return Text("\n".join(lines(value, call.output))) if call.output else face(value, call.row)
        return self._settle(" ".join(value.words[:3]), self._start(value, stdin), fails=fails)

    def _value(self, call: Call, stdin: Any) -> Any:
        """Return what the verb returns, here or at the engine of its context."""
        launches = call.verb is not None and call.verb.launches
        if launches and self._notebook and call.flags.get("tty"):
            raise UserError(*cells.NO_TERMINAL)
        if call.elsewhere:
            from hull.remote import carrying

            if not carrying.is_here(call):
                if stdin is not None:
                    raise UserError(f"cannot run a cell on the context {call.elsewhere}", CELLS)
                value = carrying.carry(call, self.engine().events)
                return value.pieces() if self._notebook and hasattr(value, "passed") else value
        if launches:
            self.engine().keep()
        return call(self.engine)

    def _settle(self, title: str, code: int | None, *, fails: bool) -> None:
        """Keep an exit code; raise where a failure is an error."""
        self.shell.user_ns["_exit_code"] = code
        if code and fails:
            raise ContainerError(title, code)

    def _start(self, launch: Any, stdin: Any) -> int | None:
        from hull.ipython import kernel

        sys.stdout.flush()
        sys.stderr.flush()
        if self._notebook:
            return kernel.run(self.engine(), launch, stdin)
        with kernel.given(stdin) if stdin is not None else nullcontext() as source:
            if not os.isatty(0):
                return int(self.engine().spawn(launch, stdin=source).wait())
            process = self.engine().spawn(launch, stdin=source, process_group=0)
            stopped_or_code: int | None = self._jobs_made().run(process, " ".join(launch.words).partition("\n")[0])
            return stopped_or_code

    def _job(self, word: str, number: str = "") -> Any:
        jobs = self._jobs_made()
        if word == "jobs":
            return face(jobs.list())
        self.shell.user_ns["_exit_code"] = jobs.resume(number, foreground=word == "fg")
        return None

    def _jobs_made(self) -> Any:
        if self._jobs is None:
            from hull.ipython.terminal import Jobs

            self._jobs = Jobs()
        return self._jobs

    def _named_made(self) -> Any:
        if self._named is None:
            from hull.ipython.holding import NamedCells

            self._named = NamedCells()
        return self._named


def _say(text: str) -> None:
    sys.stderr.write(text)


def _speaking(error: HullError) -> HullError:
    """Make IPython print the message in place of a traceback."""
    from hull.present import explain

    error._render_traceback_ = lambda: [explain(error)]  # type: ignore[attr-defined]
    return error

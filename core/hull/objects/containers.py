"""A container as a value, and how it comes to be: run, create, container."""

import subprocess
from types import TracebackType
from typing import Any, Literal, Self, Unpack, overload

from hull.commands._ending import Ending
from hull.commands.attach import attach as attach_
from hull.commands.commit import commit as commit_
from hull.commands.create import create as create_
from hull.commands.diff import diff as diff_
from hull.commands.exec import exec_
from hull.commands.export import export as export_
from hull.commands.healthcheck import Verdict
from hull.commands.healthcheck import healthcheck as healthcheck_
from hull.commands.inspect import inspect as inspect_
from hull.commands.kill import kill as kill_
from hull.commands.logs import logs as logs_
from hull.commands.pause import pause as pause_
from hull.commands.port import port as port_
from hull.commands.rename import rename as rename_
from hull.commands.restart import restart as restart_
from hull.commands.rm import rm as rm_
from hull.commands.run import run as run_
from hull.commands.start import start as start_
from hull.commands.stop import stop as stop_
from hull.commands.top import top as top_
from hull.commands.unpause import unpause as unpause_
from hull.commands.update import update as update_
from hull.commands.wait import wait as wait_
from hull.engine import Engine
from hull.objects import values
from hull.objects.given import Asked, Within, Words
from hull.objects.methods import act, first, one
from hull.runtime.launch import Launch

Finished = subprocess.CompletedProcess[bytes]


class Container:
    """One container, whatever its state. In a `with` it is removed at the end, running or not."""

    __slots__ = ("_engine", "id")

    def __init__(self, ident: str, engine: Engine) -> None:
        self.id = ident
        self._engine = engine

    stop = act(stop_)
    restart = act(restart_)
    kill = act(kill_)
    pause = act(pause_)
    unpause = act(unpause_)
    update = act(update_)
    rm = act(rm_)
    wait = first(wait_)
    inspect = first(inspect_)
    logs = one(logs_)
    top = one(top_)
    diff = one(diff_)
    port = one(port_)
    rename = one(rename_)
    export = one(export_)
    commit = one(commit_)

    def start(self) -> None:
        """Start it, detached; one that runs stays as it is."""
        start_(self._engine, (self.id,))

    def healthcheck(self) -> Verdict:
        """Run its health check now."""
        return healthcheck_(self._engine, "run", self.id)

    def attach(self, *, no_stdin: bool = False, sig_proxy: bool = True) -> int:
        """Show its output and give it this process's input until it ends; return its exit code."""
        return self._engine.spawn(attach_(self._engine, self.id, no_stdin=no_stdin, sig_proxy=sig_proxy)).wait()

    def exec(
        self,
        command: Words,
        *,
        input: bytes | None = None,
        capture_output: bool = False,
        check: bool = False,
        timeout: float | None = None,
        **flags: Unpack[Within],
    ) -> Finished:
        """Run one more program in it, to its end. What is not said here is as subprocess.run has it."""
        launch = exec_(self._engine, self.id, values.words(command), **values.flags(exec_, flags))
        assert isinstance(launch, Launch)  # noqa: S101 (nothing asked to detach)
        return finish(self._engine, launch, input=input, capture=capture_output, check=check, timeout=timeout)

    def ending(self) -> Ending:
        """Return its end, to be waited for by a descriptor; close it."""
        return Ending(self._engine, self.id)

    @property
    def name(self) -> str:
        """Its name."""
        return self._engine.containers.find(self.id).name

    @property
    def state(self) -> str:
        """A word of the life cycle, or gone."""
        return self._engine.containers.status(self._engine.containers.find(self.id)).state

    @property
    def labels(self) -> dict[str, str]:
        """Its labels, the image's among them."""
        labels: dict[str, str] = self.inspect()["Config"]["Labels"]
        return labels

    def _repr_html_(self) -> str:
        from hull.commands._listing import row_of
        from hull.errors import UserError
        from hull.faces import cards

        try:
            found = self._engine.containers.find(self.id)
        except UserError:
            return cards.gone("container", self.id)
        status = self._engine.containers.status(found)
        return cards.container(row_of(self._engine, found, status, whole=True, sized=False))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.rm(force=True, volumes=True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Container) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<Container {self.id[:12]}>"


def container(name: str) -> Container:
    """Return the container of this name, or whose id begins so."""
    engine = values.engine()
    return Container(engine.containers.find(name).id, engine)


def create(image: Any, command: Words = (), **flags: Unpack[Asked]) -> Container:
    """Create a container, start nothing."""
    engine = values.engine()
    return Container(
        create_(engine, values.word(image), values.words(command), **values.flags(create_, flags))[0], engine
    )


@overload
def run(image: Any, command: Words = (), *, detach: Literal[True], **flags: Unpack[Asked]) -> Container: ...
@overload
def run(
    image: Any,
    command: Words = (),
    *,
    detach: Literal[False] = False,
    input: bytes | None = None,
    capture_output: bool = False,
    check: bool = False,
    timeout: float | None = None,
    **flags: Unpack[Asked],
) -> Finished: ...
def run(
    image: Any,
    command: Words = (),
    *,
    detach: bool = False,
    input: bytes | None = None,
    capture_output: bool = False,
    check: bool = False,
    timeout: float | None = None,
    **flags: Unpack[Asked],
) -> Container | Finished:
    """Run a program in a new container: to its end, or with `detach` beside this process.

    What is not said here is as subprocess.run has it; without `capture_output` the program has this process's streams.
    """
    engine = values.engine()
    made = run_(engine, values.word(image), values.words(command), detach=detach, **values.flags(run_, flags))
    if isinstance(made, Launch):
        return finish(engine, made, input=input, capture=capture_output, check=check, timeout=timeout)
    return Container(made[0], engine)


def finish(
    engine: Engine, launch: Launch, *, input: bytes | None, capture: bool, check: bool, timeout: float | None
) -> Finished:
    """Run a launch to its end, as subprocess.run does."""
    pipe = subprocess.PIPE if capture else None
    with engine.spawn(launch, stdin=None if input is None else subprocess.PIPE, stdout=pipe, stderr=pipe) as process:
        try:
            out, err = process.communicate(input, timeout)
        except BaseException:
            process.terminate()  # the launcher takes it to the program and ends with it
            raise
    done = Finished(launch.words, process.returncode, out, err)
    if check:
        done.check_returncode()
    return done

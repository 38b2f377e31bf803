"""The programs that this shell starts in containers: their start and end are told, the history gets their names."""

import contextlib
import time
from collections.abc import Callable, Iterator

from hull.light import Any, NamedTuple
from hull.xonsh import events
from hull.xonsh.remembering import Remembering


class Running(NamedTuple):
    """One process that xonsh started, and what is told when it ends."""

    process: Any
    began: float
    event: str
    about: dict[str, Any]


class Telling:
    """Never waits: it asks the processes, which xonsh reaps. `engine` is called where somebody wants to know."""

    def __init__(self, shell: Any, engine: Callable[[], Any]) -> None:
        self._bus = shell.builtins.events
        self._engine = engine
        self._running: list[Running] = []
        self.remembering = Remembering(shell)

    def listens(self, event: str) -> bool:
        """Whether anybody handles the event."""
        return events.wanted(self._bus, event)

    def start(self, launch: Any) -> dict[str, Any]:
        """Tell that a launch is about to be started; return what it is, as far as somebody will ask."""
        about = self._about(launch.container, launch.words[1], launch.words[3:])
        if "name" in about:
            events.tell(self._bus, "on_hull_start", **about)
        return about

    def started(self, pipeline: Any, process: Any, about: dict[str, Any]) -> None:
        """Watch the launch's process, and let the history name its container."""
        self._watch(pipeline, Running(process, time.monotonic(), "on_hull_exit", about))
        self.remembering.note(about)

    def detached(self, call: Any, value: Any) -> None:
        """Tell what `run -d` has started; its end is its monitor's."""
        if call.verb.name != "run" or not call.flags.get("detach") or call.flags.get("plan"):
            return
        about = self._about(value[0], "run", call.words[1] if len(call.words) > 1 else ())
        if "name" in about:
            events.tell(self._bus, "on_hull_start", **about)
            self.remembering.note(about)

    def pulling(self, pipeline: Any, process: Any, image: str) -> None:
        """Watch a pull."""
        self._watch(pipeline, Running(process, time.monotonic(), "on_hull_pull", {"image": image}))

    @contextlib.contextmanager
    def missing(self, call: Any) -> Iterator[None]:
        """Tell the pull of an image that run did not find here."""
        if call.verb.name != "run" or not self.listens("on_hull_pull"):
            yield
            return
        images, image, began = self._engine().images, call.words[0], time.monotonic()
        absent = call.flags.get("pull") == "always" or not images.identify(image)
        yield
        if absent and images.identify(image):
            events.tell(self._bus, "on_hull_pull", image=image, seconds=time.monotonic() - began)

    def containers(self) -> set[str]:
        """Return the ids of the containers in which something of this shell runs, stopped or not."""
        return {r.about["id"] for r in self._running if "id" in r.about and r.process.poll() is None}

    def settle(self, **_: Any) -> None:
        """Tell the ends that nobody has been told of. It is called where nothing waits for it."""
        if not self._running:
            return
        before, self._running = self._running, []
        ended: list[Running] = []
        for running in before:
            (self._running if running.process.poll() is None else ended).append(running)
        for running in ended:
            self._end(running)

    def _about(self, container: str, verb: str, command: Any) -> dict[str, Any]:
        if not (self.listens("on_hull_start") or self.listens("on_hull_exit") or self.remembering.wanted()):
            return {"id": container}
        row = self._engine().containers.find(container)
        return {"id": row.id, "name": row.name, "image": row.spec.image, "verb": verb, "command": list(command)}

    def _watch(self, pipeline: Any, running: Running) -> None:
        self._running.append(running)
        if self.listens(running.event):
            _after(pipeline, self.settle)

    def _end(self, running: Running) -> None:
        code, about = running.process.returncode, running.about
        seconds = time.monotonic() - running.began
        if running.event == "on_hull_pull":
            if code == 0:
                events.tell(self._bus, running.event, image=about["image"], seconds=seconds)
        elif "name" in about:
            told = {key: about[key] for key in ("id", "name", "image", "verb")}
            events.tell(self._bus, running.event, **told, code=code if code >= 0 else 128 - code, seconds=seconds)


def _after(pipeline: Any, done: Callable[[], None]) -> None:
    """Have `done` called when the pipeline has ended or has stopped and the terminal is the shell's again.

    On its way xonsh calls `end` from within itself: there the program's group still has the terminal.
    """
    end, within = pipeline.end, []

    def ended(*words: Any, **flags: Any) -> Any:
        within.append(True)
        try:
            return end(*words, **flags)
        finally:
            within.pop()
            if not within:
                done()

    pipeline.end = ended

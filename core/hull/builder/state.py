"""A stage as far as it has come: its layers, its image config, its history, its variables."""

from hull.builder.sharing import FIELD
from hull.builder.workshop import Layer
from hull.light import Any
from hull.runtime.plan import PATH

SHELL = ["/bin/sh", "-c"]
OTHERS = ("container", "container_config", FIELD)  # fields of a base image that are not its child's
COMMENT = "buildkit.dockerfile.v0"  # what readers of images know a Dockerfile's history by


class State:
    """Changed by one thread, instruction by instruction. `run` is the config's own `config` object."""

    def __init__(self, document: dict[str, Any], layers: list[Layer], epoch: int | None) -> None:
        self.document = document
        self.layers = layers
        self.base = len(layers)
        self.run: dict[str, Any] = dict(document.get("config") or {})
        self.history: list[dict[str, Any]] = list(document.get("history") or [])
        self.arguments: dict[str, str] = {}
        self.author = ""
        self.epoch = epoch
        self.time = _seconds(document.get("created"))
        self.said_command = False
        self.fresh = False  # takes no step that was made before
        self.ident = ""  # of the image that it begins with, or where somebody asks, of the image so far

    @property
    def diff_ids(self) -> list[str]:
        """The digests of the layers, lowest first."""
        return [layer.diff_id for layer in self.layers]

    @property
    def directories(self) -> list[str]:
        """The layers' directories, lowest first; one that comes twice counts where it is on top."""
        last = {layer.directory: place for place, layer in enumerate(self.layers)}
        return [layer.directory for place, layer in enumerate(self.layers) if last[layer.directory] == place]

    @property
    def environment(self) -> dict[str, str]:
        """ENV's variables, the base image's included."""
        return dict(word.partition("=")[::2] for word in self.run.get("Env") or [])

    @property
    def variables(self) -> dict[str, str]:
        """What `$NAME` stands for: ENV wins over ARG."""
        return {**self.arguments, **self.environment}

    @property
    def workdir(self) -> str:
        """Where RUN starts and what relative paths are relative to."""
        return str(self.run.get("WorkingDir") or "/")

    @property
    def shell(self) -> list[str]:
        """What runs the shell form."""
        return list(self.run.get("Shell") or SHELL)

    def note(self, created_by: str, layer: Layer | None = None) -> None:
        """Add a line of history, and the layer that the instruction made, if it made one."""
        made = layer is not None and bool(layer.diff_id)
        if layer is not None:
            self.time = max(self.time, layer.created)
        empty = {} if made else {"empty_layer": True}
        self.history.append({"created": self.now(), "created_by": created_by, "comment": COMMENT, **empty})
        if layer is not None and made:
            self.layers.append(layer)

    def now(self) -> str:
        """Return the time for the record: SOURCE_DATE_EPOCH's where that is set, else when the last layer was made.

        So a build that finds everything in the cache makes the very same image.
        """
        from datetime import UTC, datetime

        found = datetime.fromtimestamp(self.time if self.epoch is None else self.epoch, UTC)
        return found.isoformat().replace("+00:00", "Z")

    def config(self) -> dict[str, Any]:
        """Return the image config."""
        kept = {key: value for key, value in self.document.items() if key not in OTHERS}
        if self.author:
            kept["author"] = self.author
        return {
            **kept,
            "created": self.now(),
            "config": {key: value for key, value in self.run.items() if value not in (None, "", [], {})},
            "history": self.history,
            "rootfs": {"type": "layers", "diff_ids": self.diff_ids},
        }


def encode(document: dict[str, Any]) -> bytes:
    """Return the bytes of an image config: their digest is the image's id."""
    import json

    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def scratch(platform: tuple[str, str, str]) -> dict[str, Any]:
    """Return the config document of an image without anything."""
    system, architecture, variant = platform
    made: dict[str, Any] = {"os": system, "architecture": architecture}
    if variant:
        made["variant"] = variant
    return {**made, "config": {"Env": [f"PATH={PATH}"], "WorkingDir": "/"}, "history": []}


def _seconds(text: Any) -> float:
    """Return the seconds of a config's `created`; 0 where it says none or something else."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except (ValueError, OverflowError):
        return 0.0

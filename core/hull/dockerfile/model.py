"""The values a Dockerfile is read into: each instruction kind is a tuple that knows where it stands.

Words are as they were written, variables unexpanded: what a variable is worth depends on the stage's base image, so
`expand` is called by whoever executes, one instruction at a time. None is "not said".
"""

from hull.dockerfile.place import Place
from hull.light import NamedTuple


class Heredoc(NamedTuple):
    """A here-document: `<<NAME` content. `expand` is False where the name was quoted; `strip` for `<<-`, tabs gone.

    `line` is where its content begins.
    """

    name: str
    content: str
    expand: bool = True
    strip: bool = False
    line: int = 0


class Command(NamedTuple):
    """A program to run: an argv (`shell` False: the JSON form), or one line for the stage's SHELL (`shell` True)."""

    words: tuple[str, ...]
    shell: bool = True


class RunMount(NamedTuple):
    """One `RUN --mount`. `kind` is bind, cache, tmpfs, secret or ssh.

    `origin` is the stage, image or build context of `from`; `size` bytes; `raw` the flag's own words, which `expand`
    reads again. For a secret, `env` is the variable that holds it and `target` may be empty.
    """

    kind: str
    raw: str
    target: str = ""
    source: str = ""
    origin: str = ""
    readonly: bool = False
    id: str = ""
    sharing: str = "shared"
    required: bool = False
    size: int = 0
    mode: int | None = None
    uid: int = 0
    gid: int = 0
    env: str = ""


class From(NamedTuple):
    """`FROM [--platform=P] IMAGE [AS NAME]`; `name` in lower case."""

    at: Place
    image: str
    name: str = ""
    platform: str = ""


class Arg(NamedTuple):
    """`ARG NAME[=VALUE]…`: a value of None takes the build argument's or the global one's."""

    at: Place
    pairs: tuple[tuple[str, str | None], ...]


class Env(NamedTuple):
    """`ENV KEY=VALUE…` or `ENV KEY VALUE`. All values are expanded before the first is set."""

    at: Place
    pairs: tuple[tuple[str, str], ...]


class Label(NamedTuple):
    """`LABEL KEY=VALUE…`."""

    at: Place
    pairs: tuple[tuple[str, str], ...]


class Run(NamedTuple):
    """`RUN`. With heredocs and a command of nothing else, the command is the script itself (see `script`).

    A heredoc beside a command stays in its words: the shell reads it, `command.words[0]` holds its whole text.
    `network` is default, none or host; `security` sandbox or insecure. `script` is the heredoc whose content is the
    whole script, None otherwise: its `#!` line names the interpreter, without one the stage's SHELL takes the content.
    """

    at: Place
    command: Command
    mounts: tuple[RunMount, ...] = ()
    network: str = "default"
    security: str = "sandbox"
    script: Heredoc | None = None
    devices: tuple[str, ...] = ()


class Copy(NamedTuple):
    """`COPY` and, with `add`, `ADD`. `sources` are paths, patterns or (ADD) URLs; `inline` are files of heredocs.

    `origin` is --from: a stage's name or number, a build context or an image; "" is the build context. `chmod` is what
    `modes.parse` takes. `unpack` None is the instruction's own default.
    """

    at: Place
    sources: tuple[str, ...]
    target: str
    inline: tuple[Heredoc, ...] = ()
    add: bool = False
    origin: str = ""
    chown: str = ""
    chmod: str = ""
    link: bool = False
    parents: bool = False
    excludes: tuple[str, ...] = ()
    keep_git_dir: bool = False
    checksum: str = ""
    unpack: bool | None = None


class Cmd(NamedTuple):
    """`CMD`."""

    at: Place
    command: Command


class Entrypoint(NamedTuple):
    """`ENTRYPOINT`."""

    at: Place
    command: Command


class Expose(NamedTuple):
    """`EXPOSE PORT[-PORT][/PROTOCOL]…`; `expand` makes each `N/protocol`."""

    at: Place
    ports: tuple[str, ...]


class Volume(NamedTuple):
    """`VOLUME PATH…`."""

    at: Place
    paths: tuple[str, ...]


class User(NamedTuple):
    """`USER NAME[:GROUP]`."""

    at: Place
    user: str


class Workdir(NamedTuple):
    """`WORKDIR PATH`: relative to the one before."""

    at: Place
    path: str


class Shell(NamedTuple):
    """`SHELL ["program", "flag"…]`: what runs the shell form from here on."""

    at: Place
    words: tuple[str, ...]


class StopSignal(NamedTuple):
    """`STOPSIGNAL SIGNAL`."""

    at: Place
    signal: str


class HealthCheck(NamedTuple):
    """`HEALTHCHECK`. `test` is Docker's: NONE alone, CMD and an argv, or CMD-SHELL and one line. Times are seconds."""

    at: Place
    test: tuple[str, ...]
    interval: float = 0.0
    timeout: float = 0.0
    start_period: float = 0.0
    start_interval: float = 0.0
    retries: int = 0


class OnBuild(NamedTuple):
    """`ONBUILD INSTRUCTION`: `trigger` is the line for the image config, `instruction` the same, read."""

    at: Place
    trigger: str
    instruction: "Instruction"


class Maintainer(NamedTuple):
    """`MAINTAINER NAME`: deprecated, kept in the config's author."""

    at: Place
    name: str


Instruction = (
    Arg | Env | Label | Run | Copy | Cmd | Entrypoint | Expose | Volume | User | Workdir | Shell | StopSignal
    | HealthCheck | OnBuild | Maintainer
)  # fmt: skip


class Stage(NamedTuple):
    """One FROM and what follows it. `number` counts from 0 in the file; `origin` is the FROM, unexpanded."""

    number: int
    origin: From
    instructions: tuple[Instruction, ...] = ()

    @property
    def name(self) -> str:
        """The name after AS, "" without one."""
        return self.origin.name

    @property
    def label(self) -> str:
        """What people call the stage: its name, else its number."""
        return self.origin.name or str(self.number)


class Dockerfile(NamedTuple):
    """A whole file. `arguments` are the ARGs before the first FROM; `directives` syntax, escape and check if given."""

    file: str
    stages: tuple[Stage, ...]
    arguments: tuple[Arg, ...] = ()
    escape: str = "\\"
    directives: tuple[tuple[str, str], ...] = ()

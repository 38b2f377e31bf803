"""RUN: a container over the stage's layers, made by the launcher; what it changed is the next layer."""

import os

from hull.builder import carrying, keys, mounting
from hull.builder.carrying import Where
from hull.builder.console import Tale
from hull.builder.containers import Containers
from hull.builder.state import State
from hull.builder.workshop import Layer, Workshop
from hull.dockerfile.model import Run
from hull.light import TYPE_CHECKING, NamedTuple
from hull.model import Mount, Spec

if TYPE_CHECKING:
    from hull.model import Ulimit

# What a start mounts over in any image: found in a layer below all others, so never made in the step's own.
STUBS = (
    ("/proc", True), ("/sys", True), ("/dev", True), ("/etc/resolv.conf", False), ("/etc/hostname", False),
    ("/etc/hosts", False),
)  # fmt: skip
HOSTNAME = "build"
SCRIPT = "/dev/pipes/{}"


class Manner(NamedTuple):
    """What the command line says of every RUN; `containers` are those that outlive their step, or are on networks."""

    containers: Containers
    network: str = "default"
    hosts: tuple[str, ...] = ()
    shm_size: int | None = None
    ulimits: "tuple[Ulimit, ...]" = ()
    devices: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()


def run(  # noqa: PLR0917 (each is a different part of the build)
    shop: Workshop, state: State, instruction: Run, ways: mounting.Ways, manner: Manner, tale: Tale
) -> tuple[Layer, bool]:
    """Carry out RUN; return the layer, and whether the cache had it. A program that fails is an error at its line."""
    if instruction.security != "sandbox":
        what = f"--security={instruction.security}"
        raise instruction.at.error(f"RUN {what} is refused: nothing here could grant it", "leave it out", near=what)
    devices = _devices(instruction, manner)
    words = _words(state, instruction)
    network = manner.network if instruction.network == "default" else instruction.network
    env = _environment(state)
    details = [
        shop.flavour, words, env, state.workdir, state.run.get("User") or "", network, list(manner.hosts),
        manner.shm_size, [list(one) for one in manner.ulimits], [ways.key(one) for one in instruction.mounts],
        instruction.script.content if instruction.script else "", devices,
    ]  # fmt: skip
    key = keys.key("RUN", state.diff_ids, details)
    if (known := shop.known(key, fresh=state.fresh)) is not None:
        return known, True
    ident = os.urandom(32).hex()
    tale.show(ident)
    step = shop.step()
    mounted = ways.attach(state, instruction, step)
    try:
        over = [(one.target, one.kind == "tmpfs" or os.path.isdir(one.source)) for one in mounted.mounts]
        stubs = [*STUBS, *over]
        shop.worker.ask("prepare", step=step, top=state.directories[-1] if state.layers else "", stubs=stubs)
        mounts = (*mounted.mounts, *_script(shop, instruction, step))
        spec = _spec(state, words, network, manner, devices)
        with manner.containers.of(ident, spec, state, step) as container:
            own = container.spec._replace(env=(*env, *manner.proxies, *mounted.env), mounts=mounts)
            layers = (f"{step}/stubs", *state.directories)
            code = carrying.run(shop, own, layers, Where(step, ident, container), tale)
            container.ended(code, stopped=shop.stopped.is_set())
    finally:
        for fd in mounted.locks:
            os.close(fd)
    if code:
        raise _failed(instruction, code, words, tale)
    layer = shop.seal(step, [path for path, _ in stubs], state.epoch)
    container.made(layer)
    shop.remember(key, layer, instruction.at.text)
    return layer, False


def _spec(state: State, words: list[str], network: str, manner: Manner, devices: list[str]) -> Spec:
    """Return what may be known of the step's container: no secret is in it."""
    return Spec(
        "build", command=tuple(words), entrypoint=(), env=tuple(_environment(state)), workdir=state.workdir,
        user=str(state.run.get("User") or "") or None, network=network, hosts=manner.hosts,
        shm_size=manner.shm_size, ulimits=manner.ulimits, hostname=HOSTNAME, devices=tuple(devices),
    )  # fmt: skip


def _devices(instruction: Run, manner: Manner) -> list[str]:
    """Return the devices (`SOURCE:TARGET`) that the step asks for and the caller has granted, by their path inside."""
    granted = {word.partition(":")[2]: word for word in manner.devices}
    found = []
    for asked in instruction.devices:
        fields = dict(part.partition("=")[::2] for part in asked.split(","))
        name = fields.get("name") or asked.split(",", 1)[0]
        if name in granted:
            found.append(granted[name])
        elif fields.get("required", "false").lower() in {"", "true", "1"}:
            hint = f"hull build --device {name if name.startswith('/') else '/dev/…'}"
            raise instruction.at.error(f"RUN --device={name}: it is required, and not granted", hint, near=asked)
    return found


def _words(state: State, instruction: Run) -> list[str]:
    words = list(instruction.command.words)
    if instruction.script is not None and instruction.script.content.startswith("#!"):
        return [SCRIPT.format(instruction.script.name)]
    return [*state.shell, *words] if instruction.command.shell else words


def _environment(state: State) -> list[str]:
    """Return the program's variables: arguments first, for ENV wins."""
    known = state.environment
    arguments = {key: value for key, value in state.arguments.items() if key not in known}
    return [f"{key}={value}" for key, value in {**arguments, **known}.items()]


def _script(shop: Workshop, instruction: Run, step: str) -> tuple[Mount, ...]:
    """Return the mount of a here-document that names its own interpreter."""
    script = instruction.script
    if script is None or not script.content.startswith("#!"):
        return ()
    data = script.content.encode("utf-8", "surrogateescape")
    shop.worker.ask("file", feed=lambda sink: sink.write(data), path=f"{step}/script", mode=0o755, uid=0, gid=0)
    return (Mount("bind", f"{step}/script", SCRIPT.format(script.name), readonly=True),)


def _failed(instruction: Run, code: int, words: list[str], tale: Tale) -> Exception:
    hint = {
        125: "the container could not be started: what stands above says why",
        126: f"{words[0]} cannot be executed: its mode, or another machine's architecture",
        127: f"{words[0]}, or a program that it calls, is not in the image",
    }.get(code, "what the step wrote stands above")
    if tale.hidden:
        hint = "\n    ".join(["it wrote last:", *(line.decode(errors="backslashreplace") for line in tale.hidden)])
    told = f"signal {code - 128}" if code > 128 else f"exit code {code}"  # noqa: PLR2004 (a shell's way to say it)
    error = instruction.at.error(f"RUN failed: {told}", hint)
    error.code, error.command = code, tuple(words)
    return error


def described(state: State, instruction: Run) -> str:
    """Return the history's words: arguments that are set, then the command."""
    known = state.environment
    arguments = [f"{key}={value}" for key, value in state.arguments.items() if key not in known]
    head = [f"|{len(arguments)}", *arguments] if arguments else []
    return " ".join(["RUN", *head, *_words(state, instruction), "# buildkit"])

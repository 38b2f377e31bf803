"""hull kernel: a Jupyter kernel that is a container."""

from hull.commands import _flags, _kernel_words
from hull.commands._kernel_words import Asked
from hull.commands._several import each
from hull.commands._verb import Flag, Word, takes
from hull.engine import Engine
from hull.errors import UserError
from hull.kernels.specs import Kernelspec
from hull.light import Annotated, Any

Many = tuple[str, ...]
ACTIONS = ("install", "ls", "rm", "start")
ALIASES = {"list": "ls", "remove": "rm", "uninstall": "rm"}


class Ended(str):  # noqa: SLOT000 (one attribute)
    """Nothing to print; the exit code is the kernel's."""

    exit_code = 0


@takes(_flags.asked)
def kernel(
    engine: Engine,
    action: Annotated[str, Word("what to do", "ACTION", choices=(*ACTIONS, *ALIASES))],
    words: Annotated[
        Many,
        Word(
            "install, start: an image with Python; start: the kernel's own after it; rm: kernels",
            "IMAGE|NAME",
            complete="image",
        ),
    ] = (),
    *,
    display_name: Annotated[str, Flag("install: what Jupyter shows", metavar="TEXT")] = "",
    prefix: Annotated[
        str, Flag("install: to DIR/share/jupyter, not for this user alone", metavar="DIR", complete="path")
    ] = "",
    sys_prefix: Annotated[bool, Flag("install: into the environment of the Python that runs hull")] = False,
    folder: Annotated[bool, Flag("show the notebook's folder inside, at the same path")] = True,
    upgrade: Annotated[bool, Flag("install: fetch the newest ipykernel where the image has none")] = False,
    python: Annotated[str, Flag("the image's Python, if it is not called python3", metavar="PROGRAM")] = "",
    packages: Annotated[str, Flag("start: the layer with ipykernel that install has made", metavar="LAYER")] = "",
    connection_file: Annotated[str, Flag("start: Jupyter's", "f", "FILE", complete="path")] = "",
    **flags: Any,
) -> list[Kernelspec] | list[str] | str:
    """Give Jupyter kernels that are containers: install one, list them, remove them.

    `install` takes the flags of run (-v, -e, --network none, --memory …) and keeps them for every start; --name is the
    kernel's. Jupyter starts it, in the notebook's folder, and talks to it by unix sockets: no port is opened, and it
    needs no network. Where the image has no ipykernel, a matching one is fetched once and mounted read-only.
    """
    action = ALIASES.get(action, action)
    if action == "ls":
        return _kernel_words.listed(words, prefix)
    if not words:
        raise UserError(f"hull kernel {action} needs a name", f"hull kernel {action} python:3.13")
    if action == "rm":
        return each(words, lambda name: _kernel_words.removed(engine, name, prefix))
    if words[1:] and action != "start":
        raise UserError(f"hull kernel {action} does not take {words[1]!r}", "hull kernel --help")
    _kernel_words.check(flags)
    asked = Asked(words[0], python, flags, folder)
    if action == "install":
        from hull.commands import _kernel_install

        where = _kernel_install.Where(prefix, sys_prefix, display_name)
        return [_kernel_install.install(engine, asked, where, upgrade=upgrade)]
    if not connection_file:
        raise UserError("hull kernel start needs -f FILE", "Jupyter gives it: jupyter console --kernel NAME")
    from hull.commands import _kernel_start

    ended = Ended()
    ended.exit_code = _kernel_start.start(engine, asked, connection_file, packages, words[1:])
    return ended

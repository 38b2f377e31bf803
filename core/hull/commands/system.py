"""`hull system`: what the store takes, what can go, and everything."""

from hull.commands._asking import confirm
from hull.commands._serving import Joined, joined, socket_of
from hull.commands._usage import DetailRow, UsageRow, details, usage
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.light import Annotated

Many = tuple[str, ...]
ACTIONS = ("df", "prune", "reset", "dial-stdio")


def system(
    engine: Engine,
    action: Annotated[str, Word("what to do", "ACTION", choices=ACTIONS)],
    *,
    verbose: Annotated[bool, Flag("df: every image, container and volume", "v")] = False,
    all: Annotated[
        bool, Flag("prune: every image that no container uses, not those without a name alone", "a")
    ] = False,
    volumes: Annotated[bool, Flag("prune: volumes that nobody named and no container uses, too")] = False,
    filter: Annotated[Many, Flag("prune: until=TIME or AGE, label=KEY[=VALUE], label!=…", metavar="FILTER")] = (),
    force: Annotated[bool, Flag("prune, reset: do not ask", "f")] = False,
) -> list[UsageRow] | list[DetailRow] | list[str] | Joined:
    """Show what the store takes, remove what is not used, or remove everything.

    `df` shows sizes, `prune` removes stopped containers, unused networks and images without a name, `reset` removes
    all containers, images and volumes, and the store. `dial-stdio` joins standard input and output to the server of
    Docker's API, as `hull serve --stdio`: docker clients call it so at the far end of ssh.
    """
    if action == "dial-stdio":
        return joined(engine, socket_of(engine))
    if action == "df":
        return details(engine) if verbose else usage(engine)
    if action == "prune":
        return _prune(engine, filter, everything=all, volumes=volumes, force=force)
    return _reset(engine, force=force)


def _prune(engine: Engine, words: Many, *, everything: bool, volumes: bool, force: bool) -> list[str]:
    from hull.commands import _asked, _networks, _unused, _volumes, image, prune
    from hull.trials import journal_pruning

    if not force:
        which = "all images without a container" if everything else "all images without a name"
        more = ", all volumes that nobody named and no container uses" if volumes else ""
        confirm(
            "remove",
            f"This will remove all stopped containers, unused networks, {which}{more}.",
            "hull system prune --force",
        )
    done = {"Containers": prune.ended(engine, prune.parse(words))}
    if volumes:
        done["Volumes"] = _volumes.pruned(engine, _asked.words(words, _asked.PRUNING), named=False)
    if gone := _networks.prune(engine, words):
        done["Networks"] = gone, 0
    done["Keeps"] = journal_pruning.prune(engine)
    done["Images"] = image.pruned(engine, words, everything=everything)
    return _unused.told(done)


def _reset(engine: Engine, *, force: bool) -> list[str]:
    from hull.commands import _unused

    if not force:
        text = f"This will kill and remove all containers, and remove all images and volumes: {engine.paths.data}"
        confirm("remove", text, "hull system reset --force")
    _unused.everything(engine)
    return [f"Removed {engine.paths.data}"]

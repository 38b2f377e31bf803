"""Which stages a build needs, and in what order: names and numbers resolved, the unreachable left out."""

from collections.abc import Collection, Iterator, Mapping

from hull.dockerfile.expanding import expand_from
from hull.dockerfile.model import Copy, Dockerfile, From, Instruction, OnBuild, Run, Stage
from hull.dockerfile.place import Place
from hull.errors import UserError
from hull.light import NamedTuple


class Planned(NamedTuple):
    """A stage that is to be built, its FROM expanded in `origin`.

    The base is a stage's number (`base`) or, where that is None, `image`: a reference, a named build context, or
    scratch. `needs` are the numbers of all stages that must be there first, the base among them; `images` what else
    COPY --from and mounts name. `stages` resolves --from: a word that is in it is that stage's number.
    """

    stage: Stage
    origin: From
    base: int | None
    needs: tuple[int, ...]
    images: tuple[str, ...]
    stages: Mapping[str, int]

    @property
    def image(self) -> str:
        """What FROM names, expanded."""
        return self.origin.image

    @property
    def platform(self) -> str:
        """The --platform of FROM, expanded; "" without one."""
        return self.origin.platform


class Graph(NamedTuple):
    """What a build has to do: `stages` in an order in which each comes after what it needs; the last is the target."""

    stages: tuple[Planned, ...]

    @property
    def target(self) -> Planned:
        """The stage whose image is the result."""
        return self.stages[-1]

    def stage(self, word: str) -> int | None:
        """Return the number of the stage that `--from=word` names, None where it names something else."""
        return self.target.stages.get(word.lower())


def plan(
    dockerfile: Dockerfile,
    known: Mapping[str, str],
    target: str = "",
    contexts: Collection[str] = (),
    *,
    whole: bool = False,
) -> Graph:
    """Return the stages that `target` (a name or a number; "" is the last) needs; `whole`: and all before it.

    `known` are the global arguments (`scope.globals_`). `contexts` are the names of additional build contexts: a stage
    of that name is that context instead, without instructions of its own.
    """
    planned = _all(dockerfile, known, contexts)
    wanted = _target(dockerfile, target)
    if whole:
        all_before = tuple(dict.fromkeys((*planned[wanted].needs, *range(wanted))))
        planned[wanted] = planned[wanted]._replace(needs=all_before)
    order: list[int] = []
    state: dict[int, bool] = {}  # False while a stage's needs are looked at, True when it is in the order
    path = [(wanted, iter(planned[wanted].needs))]
    state[wanted] = False
    while path:
        number, needs = path[-1]
        need = next(needs, None)
        if need is None:
            path.pop()
            state[number] = True
            order.append(number)
        elif need not in state:
            state[need] = False
            path.append((need, iter(planned[need].needs)))
        elif not state[need]:
            stage = planned[number].stage
            raise stage.origin.at.error(
                f"stage {stage.label} needs {planned[need].stage.label}, which needs {stage.label}",
                "take one COPY --from out of the circle",
            )
    return Graph(tuple(planned[number] for number in order))


def origins(instruction: Instruction) -> Iterator[tuple[Place, str]]:
    """Yield each --from and from= of an instruction, ONBUILD's left out: those are its children's."""
    if isinstance(instruction, Copy) and instruction.origin:
        yield instruction.at, instruction.origin
    elif isinstance(instruction, Run):
        for mount in instruction.mounts:
            if mount.origin:
                yield instruction.at, mount.origin


def _all(dockerfile: Dockerfile, known: Mapping[str, str], contexts: Collection[str]) -> list[Planned]:
    names: dict[str, int] = {}
    everywhere = {str(stage.number): stage.number for stage in dockerfile.stages}
    everywhere |= {stage.name: stage.number for stage in dockerfile.stages if stage.name}
    made: list[Planned] = []
    for stage in dockerfile.stages:
        origin = expand_from(stage.origin, known, dockerfile.escape)
        if stage.name in contexts:
            made.append(
                Planned(stage._replace(instructions=()), origin._replace(image=stage.name), None, (), (), everywhere)
            )
        else:
            base = None if origin.image in contexts else names.get(origin.image.lower())
            made.append(_planned(stage, origin, base, made, everywhere))
        if stage.name:
            names[stage.name] = stage.number
    return made


def _planned(
    stage: Stage, origin: From, base: int | None, before: list[Planned], everywhere: Mapping[str, int]
) -> Planned:
    steps: list[Instruction] = []
    if base is not None:
        steps = [one.instruction for one in before[base].stage.instructions if isinstance(one, OnBuild)]
    needs, images = [] if base is None else [base], []
    for place, word in (found for step in (*steps, *stage.instructions) for found in origins(step)):
        number = everywhere.get(word.lower())
        if number == stage.number:
            raise place.error(f"--from={word} is the stage itself", "name another stage or an image", near=word)
        if number is None and word.isascii() and word.isdigit():
            raise place.error(f"there is no stage {word}", "stages count from 0; their names are safer", near=word)
        if number is None:
            images.append(word)
        else:
            needs.append(number)
    return Planned(stage, origin, base, tuple(dict.fromkeys(needs)), tuple(dict.fromkeys(images)), everywhere)


def _target(dockerfile: Dockerfile, target: str) -> int:
    if not target:
        return len(dockerfile.stages) - 1
    known = {str(stage.number): stage.number for stage in dockerfile.stages}
    known |= {stage.name: stage.number for stage in dockerfile.stages if stage.name}
    if target.lower() not in known:
        named = ", ".join(stage.label for stage in dockerfile.stages)
        raise UserError(f"cannot build the target {target}: {dockerfile.file} has no such stage", f"it has {named}")
    return known[target.lower()]

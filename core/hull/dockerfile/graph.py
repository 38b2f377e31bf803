"""Which stages a build needs, and in what order: names and numbers resolved, the unreachable left out."""

from hull.dockerfile.model import Stage
from hull.light import NamedTuple


class Planned(NamedTuple):
    """A stage that is to be built, its FROM expanded.

    The base is a stage's number (`base`) or, where that is None, `image`: a reference, a named build context, or
    scratch. `needs` are the numbers of all stages that must be there first, the base among them; `images` what else
    COPY --from and mounts name.
    """

    stage: Stage
    base: int | None
    image: str
    platform: str
    needs: tuple[int, ...] = ()
    images: tuple[str, ...] = ()


class Graph(NamedTuple):
    """What a build has to do: `stages` in an order in which each comes after what it needs; the last is the target."""

    stages: tuple[Planned, ...]

    @property
    def target(self) -> Planned:
        """The stage whose image is the result."""
        return self.stages[-1]

    def stage(self, word: str) -> int | None:
        """Return the number of the stage that `--from=word` names, None where it names something else."""
        known = {str(one.stage.number): one.stage.number for one in self.stages}
        known |= {one.stage.name: one.stage.number for one in self.stages if one.stage.name}
        return known.get(word.lower())

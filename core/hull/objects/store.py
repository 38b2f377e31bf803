"""What is about everything in the store: the verbs without a container."""

from hull.commands._listing import ContainerRow
from hull.commands.events import events as events_
from hull.commands.prune import prune as prune_
from hull.commands.ps import ps as ps_
from hull.commands.stats import StatsRow
from hull.commands.stats import stats as stats_
from hull.objects import values
from hull.objects.given import Words
from hull.objects.methods import whole

Rows = list[StatsRow]
Shown = list[ContainerRow]

events = whole(events_)


def ps(
    *,
    all: bool = False,
    filter: Words = (),
    last: int = -1,
    latest: bool = False,
    size: bool = False,
    no_trunc: bool = True,
) -> Shown:
    """Return a row for each container: those that run, or what the flags of ps say. Ids and commands are whole."""
    found = ps_(
        values.engine(),
        all=all,
        filter=values.words(filter),
        last=last,
        latest=latest,
        size=size,
        no_trunc=no_trunc,
    )
    return values.table(found, ContainerRow)


def stats(*names: str, all: bool = False) -> Rows:
    """Return what containers use now: of these, or of all that run."""
    found = stats_(values.engine(), names, all=all, no_stream=True)
    return values.table(found if isinstance(found, list) else (), StatsRow)


def prune(*, filter: Words = ()) -> list[str]:
    """Remove the containers that have ended; return their ids."""
    lines = prune_(values.engine(), force=True, filter=values.words(filter))
    return [line for line in lines if len(line) == 64 and " " not in line]  # noqa: PLR2004 (an id)

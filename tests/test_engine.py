"""One engine a process; a request that wants to hear what its verbs tell gets a view of it."""

from hull import log, paths
from hull.engine import Engine


def test_what_hears_shares_the_state_and_tells_somebody_else(tmp_path):
    first, second = [], []
    engine = Engine(paths.find({"HULL_ROOT": f"{tmp_path}/s", "HOME": str(tmp_path)}), first.append)
    images = engine.images
    view = engine.hearing(second.append)
    event = log.Event("note", "", "said")
    view.images.tell(event)
    assert (first, second) == ([], [event])
    images.tell(event)
    assert first == [event]
    assert view.db is engine.db
    assert view.containers is engine.containers
    engine.close()

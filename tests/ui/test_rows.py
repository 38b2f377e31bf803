"""A list keeps what is chosen while rows come and go."""

from hull.ui.panes import PANES
from hull.ui.rows import Rows

from tests.ui.conftest import container


def rows(*names):
    made = Rows(PANES["containers"])
    made.put([container(name) for name in names])
    return made


def names(found):
    return [row.names for row in found]


def test_the_chosen_row_stays_chosen():
    here = rows("a", "b", "c")
    here.choose(1)
    here.put([container(name) for name in ("new", "a", "b", "c")])
    assert here.chosen().names == "b"


def test_where_it_goes_its_neighbour_is_chosen():
    here = rows("a", "b", "c")
    here.choose(1)
    here.put([container(name) for name in ("a", "c")])
    assert here.chosen().names == "c"
    here.put([])
    assert here.chosen() is None
    here.choose(3)


def test_awaited():
    here = rows()
    here.await_("c-id")
    here.put([container(name) for name in "abc"])
    assert here.chosen().names == "c"


def test_a_filter_is_words_and_their_absence():
    here = rows("web-1", "web-2", "db-1")
    here.narrow("WEB 1")
    assert names(here.shown) == ["web-1"]
    here.narrow("!web")
    assert names(here.shown) == ["db-1"]
    here.narrow("!")
    assert here.shown == []
    here.narrow("")
    assert len(here.shown) == here.total == 3


def test_an_id_is_found_by_its_beginning_alone():
    here = Rows(PANES["containers"])
    here.put([container("web")._replace(id="3fdb" + "0" * 60), container("db")._replace(id="9a" * 32)])
    here.narrow("db")
    assert names(here.shown) == ["db"]
    here.narrow("3fd")
    assert names(here.shown) == ["web"]
    here.narrow("!3fd")
    assert names(here.shown) == ["db"]


def test_the_window_follows_the_choice():
    here = rows(*map(str, range(100)))
    here.choose(50)
    assert names(here.window(10)) == [str(n) for n in range(41, 51)]
    here.choose(45)
    assert here.window(10)[0].names == "41"
    here.choose(3)
    assert here.window(10)[0].names == "3"
    here.choose(99)
    assert names(here.window(10))[-1] == "99"
    here.narrow("9-id")
    assert len(here.window(50)) == 10


def test_on_top_of_what_flows_one_stays_on_top():
    def event(number):
        return {"timeNano": number, "Action": "start", "Actor": {"ID": "", "Attributes": {}}}

    here = Rows(PANES["events"])
    here.put([event(1)])
    here.put([event(2), event(1)])
    assert here.chosen() == event(2)
    here.choose(1)
    here.put([event(3), event(2), event(1)])
    assert here.chosen() == event(1)

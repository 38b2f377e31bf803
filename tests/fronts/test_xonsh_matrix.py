"""Every row of the matrix in every kind of session: a container's program is a native command of xonsh's."""

from collections.abc import Iterator

import pytest

from tests.fronts.matrix import KINDS, Kind, Session
from tests.fronts.matrix_rows import ROWS
from tests.fronts.terminal import environment

pytest.importorskip("xonsh", reason="xonsh is not installed")
pytest.importorskip("pexpect", reason="pexpect is not installed")
pytestmark = pytest.mark.smoke


class Sessions:
    """One shell for each kind, started when first asked for; one in which a row failed is not used again."""

    def __init__(self, cli, places) -> None:
        self._cli = cli
        self._places = places
        self._open: dict[Kind, Session] = {}

    def of(self, kind: Kind) -> Session:
        """Return the kind's session, at its prompt."""
        if kind not in self._open:
            place = str(self._places.mktemp("shell"))
            self._open[kind] = Session(kind, environment(self._cli, place), place)
        return self._open[kind]

    def drop(self, kind: Kind) -> None:
        """Close the kind's session."""
        if kind in self._open:
            self._open.pop(kind).close()

    def close(self) -> None:
        """Close all."""
        for kind in list(self._open):
            self.drop(kind)


@pytest.fixture(scope="module")
def sessions(cli, tmp_path_factory) -> Iterator[Sessions]:
    made = Sessions(cli, tmp_path_factory)
    yield made
    made.close()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_cell(sessions, kind, row):
    try:
        row(sessions.of(kind))
    except BaseException:
        sessions.drop(kind)
        raise

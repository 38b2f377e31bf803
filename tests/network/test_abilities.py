"""What networks of one's own and policies need, tried as the doctor tries it."""

import os
import tempfile

import pytest
from hull.engine import Engine
from hull.network import abilities
from hull.paths import Paths

from tests.commandline import remove_tree

pytestmark = [pytest.mark.real, pytest.mark.needs("launcher", "userns"), pytest.mark.single_id, pytest.mark.as_root]


@pytest.mark.parametrize("ability", abilities.ABILITIES)
def test_this_machine_has_it(ability: str) -> None:
    base = tempfile.mkdtemp(prefix="hull-")
    os.chmod(base, 0o711)  # root's mapped ids pass through
    try:
        engine = Engine(Paths(f"{base}/s", f"{base}/s/run", f"{base}/s/config"))
        assert engine.host.attempt("hull.network.abilities", ability, engine.confine) == ""
    finally:
        remove_tree(base)


def test_the_kernels_refusal_is_the_reason(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(abilities.sc, "unshare", refuse)
    for ability in abilities.ABILITIES:
        assert abilities.main(ability, "/tmp") == 1
        assert capsys.readouterr().out == "Operation not permitted\n"


def test_a_filter_that_is_refused_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network namespace of its own it has no right to filter: the kernel says so in an answer alone."""
    if os.geteuid() == 0:
        pytest.skip("needs an ordinary user")
    monkeypatch.setattr(abilities.sc, "unshare", lambda _: None)
    with pytest.raises(OSError, match="not permitted"):
        abilities.egress_filter()

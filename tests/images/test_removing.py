"""Whether an image is removed by its id or by a name."""

from types import SimpleNamespace

from hull.images import removing


def test_a_name_that_is_the_beginning_of_the_id_is_a_name():
    rows = SimpleNamespace(tagged=lambda key: "sha256:" + "a" * 64 if "/cafe:" in key else "")
    assert not removing.by_id(rows, "cafe")
    assert removing.by_id(rows, "cafea")
    assert removing.by_id(rows, "sha256:" + "c" * 64)

"""What a try changed, in a notebook: harmless whatever names are, folded where it is long."""

from hull.faces.changes import FEW, MOST, Changed
from hull.trials.changes import Change, Entry

ENTRY = Entry("file", 0o644, 0, 0, 1200, 0)


def added(path):
    return Change("added", path, (), None, ENTRY)


def test_a_few_are_open_and_say_what_comes_next():
    face = Changed(
        "t1",
        [added("/etc/a"), Change("changed", "/b", ("mode",), ENTRY, ENTRY), Change("removed", "/c", (), ENTRY)],
        "1 added, 1 changed, 1 removed",
    )
    made = face._repr_html_()
    assert "<details open>" in made
    assert "1 added, 1 changed, 1 removed" in made
    assert "%hull keep t1" in made
    assert ">mode<" in made
    assert ">1.2kB<" in made
    assert "A /etc/a" in repr(face)
    assert "%hull drop t1" in repr(face)


def test_many_are_folded_and_cut():
    face = Changed("t1", [added(f"/f{number}") for number in range(MOST + 7)], "many")
    assert "<details>" in face._repr_html_()
    assert "and 7 more" in face._repr_html_()
    assert f"and {MOST + 7 - FEW} more" in repr(face)


def test_nothing_has_nothing_to_keep():
    assert "nothing was changed" in Changed("t1", [], "nothing was changed")._repr_html_()
    assert "keep" not in Changed("t1", [], "nothing was changed")._repr_html_() + repr(
        Changed("t1", [], "nothing was changed")
    )


def test_names_are_harmless():
    face = Changed("<b>", [added("/<script>\x1b[2J\n\udcff")], "1 added")
    assert "<script>" not in face._repr_html_()
    assert "\x1b" not in face._repr_html_() + repr(face)
    face._repr_html_().encode()
    repr(face).encode()

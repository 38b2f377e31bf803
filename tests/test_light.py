"""The light stand-ins behave as typing's own, and a start imports neither typing nor json."""

import pickle
import subprocess
import sys

import pytest
from hull.light import Annotated, NamedTuple, made_once

HEAVY = {"typing", "re", "json", "inspect", "dataclasses", "argparse", "pathlib", "subprocess", "enum", "contextlib"}


class Row(NamedTuple):
    """A record."""

    name: str
    size: int = 3
    words: tuple[str, ...] = ()

    @property
    def double(self) -> int:
        return self.size * 2


def test_a_record_is_a_tuple_with_names() -> None:
    row = Row("a", words=("x",))
    assert row == ("a", 3, ("x",))
    assert (row.name, row.size, row.double) == ("a", 3, 6)
    assert row._asdict() == {"name": "a", "size": 3, "words": ("x",)}
    assert row._replace(size=4) == Row("a", 4, ("x",))
    assert Row._make(["b", 1, ()]) == Row("b", 1)
    assert Row._fields == ("name", "size", "words")
    assert repr(Row("a")) == "Row(name='a', size=3, words=())"
    assert pickle.loads(pickle.dumps(row)) == row
    assert len({row, Row("a", words=("x",))}) == 1


@pytest.mark.parametrize(
    ("values", "named"), [((), {}), (("a", 1, (), 2), {}), (("a",), {"odd": 1}), (("a",), {"name": "b"})]
)
def test_wrong_fields_are_refused(values: tuple[object, ...], named: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        Row(*values, **named)  # type: ignore[arg-type]


def test_a_records_subclass_has_its_fields() -> None:
    class Named(Row):
        @property
        def triple(self) -> int:
            return self.size * 3

    assert Named("a", 2).triple == 6
    assert Named._fields == Row._fields
    assert Named("a") == Row("a")


def test_a_record_does_not_change() -> None:
    with pytest.raises(AttributeError):
        Row("a").name = "b"  # type: ignore[misc]
    with pytest.raises((TypeError, ValueError)):
        Row("a")._replace(odd=1)  # type: ignore[call-arg]


def test_annotations_keep_their_metadata() -> None:
    hint = Annotated[str, "one", 2]
    assert (hint.__origin__, hint.__metadata__) == (str, ("one", 2))  # type: ignore[attr-defined]


def test_made_once() -> None:
    class Maker:
        count = 0

        @made_once
        def value(self) -> int:
            self.count += 1
            return self.count

    maker = Maker()
    assert (maker.value, maker.value, maker.count) == (1, 1, 1)


RUN = (
    "hull.cli, hull.commands.run, hull.commands.create, hull.network, hull.images.store, hull.runtime.plan,"
    "hull.runtime.launch, hull.state.containers, hull.runtime.seccomp"
)
TRY = (
    "hull.commands._start, hull.commands._trial_asked, hull.commands._trial_box, hull.commands._trial_root,"
    "hull.commands._trial, hull.state.snapshots"
)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="annotations are not evaluated there: typing is used")
@pytest.mark.parametrize("modules", [RUN, TRY])
def test_the_way_to_a_start_imports_nothing_heavy(modules: str) -> None:
    code = f"import sys; before = set(sys.modules); import {modules}; print(*(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _with_path(code)], capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(done.stdout.split())


def _with_path(code: str) -> str:
    import hull

    return f"import sys; sys.path.insert(0, {str(hull.__path__[0]).removesuffix('/hull')!r}); {code}"

"""`images --filter` and `image prune --filter`.

Source of the keys: Docker's `image ls` and `image prune` references. Times are when an image came here.
"""

import re
from collections.abc import Callable

from hull.commands import _asked
from hull.engine import Engine
from hull.errors import UserError
from hull.images import reference
from hull.images.listing import NONE, Line
from hull.light import NamedTuple
from hull.state.images import ImageRecord, Images

LISTING = ("dangling", "label", "before", "since", "until", "reference")
PRUNING = ("dangling", *_asked.PRUNING)
MOMENTS = ("before", "since", "until")  # several of them bound together
_YES, _NO = ("true", "1", "t"), ("false", "0", "f")


class Subject(NamedTuple):
    """An image with its references, as the store files them."""

    image: ImageRecord
    keys: tuple[str, ...]

    @property
    def dangling(self) -> bool:
        """Whether no tag names it."""
        return all("@" in key for key in self.keys)


Test = Callable[[Subject], bool]


class ImageFilters:
    """Parsed --filter words. `said` are their keys."""

    def __init__(self, engine: Engine, words: tuple[str, ...], known: tuple[str, ...]) -> None:
        asked = _asked.words(words, known)
        self.said = frozenset(asked)
        self._lines = [_pattern(value) for value in asked.pop("reference", ())]
        self._tests = [self._test(engine, key, values) for key, values in asked.items()]

    def match(self, subject: Subject) -> bool:
        """Whether an image is shown."""
        return all(test(subject) for test in self._tests)

    def shows(self, line: Line) -> bool:
        """Whether a line of a matching image is shown."""
        if not self._lines:
            return True
        names = (line.repository, f"{line.repository}:{line.tag}")
        return line.repository != NONE and any(one.fullmatch(name) for one in self._lines for name in names)

    def _test(self, engine: Engine, key: str, values: list[str]) -> Test:
        tests = [_TESTS[key](engine, value) for value in values]
        decide = all if key in MOMENTS else _asked.decide(key)
        return lambda subject: decide(test(subject) for test in tests)


def _pattern(value: str) -> re.Pattern[str]:
    """Return what a shell pattern means: `*` stops at a slash. A name with everything spelt out is taken, too."""
    parts = re.split(r"(\*|\?|\[[^\]]*\])", value)
    if len(parts) == 1:
        found = reference.parse(value)
        spelt_tag = ":" in value.rpartition("/")[2]
        return re.compile(re.escape(str(found) if spelt_tag else found.familiar_name))
    forms = {"*": "[^/]*", "?": "[^/]"}
    made = [forms.get(part, part if part[:1] == "[" else re.escape(part)) for part in parts]
    try:
        return re.compile("".join(made))
    except re.error as error:
        raise UserError(f"cannot filter by reference={value}: {error}", "write it as debian* or */*:latest") from None


def _dangling(_engine: Engine, value: str) -> Test:
    if value.lower() not in (*_YES, *_NO):
        raise UserError(f"cannot filter by dangling={value}", "dangling=true or dangling=false")
    wanted = value.lower() in _YES
    return lambda subject: subject.dangling is wanted


def _label(_engine: Engine, value: str) -> Test:
    import json

    return lambda subject: _asked.labelled(
        (json.loads(subject.image.config).get("config") or {}).get("Labels") or {}, value
    )


def _unlabelled(engine: Engine, value: str) -> Test:
    test = _label(engine, value)
    return lambda subject: not test(subject)


def _before(engine: Engine, value: str) -> Test:
    created = _created(engine, value)
    return lambda subject: subject.image.created < created


def _since(engine: Engine, value: str) -> Test:
    created = _created(engine, value)
    return lambda subject: subject.image.created > created


def _created(engine: Engine, name: str) -> float:
    store, ident = engine.images.holder(name)
    found = store.rows.get(ident)
    return found.created if found else 0.0


def _until(_engine: Engine, value: str) -> Test:
    limit = _asked.until(value)
    return lambda subject: limit is None or subject.image.created < limit


_TESTS: dict[str, Callable[[Engine, str], Test]] = {
    "dangling": _dangling,
    "label": _label,
    "label!": _unlabelled,
    "before": _before,
    "since": _since,
    "until": _until,
}


def subjects(rows: Images) -> list[Subject]:
    """Return every image of a store, with its references."""
    keys: dict[str, list[str]] = {}
    for key, ident in rows.tags():
        keys.setdefault(ident, []).append(key)
    return [Subject(image, tuple(keys.get(image.id, ()))) for image in rows.all()]

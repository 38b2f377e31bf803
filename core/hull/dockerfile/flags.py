"""The flags after an instruction's keyword: `--name`, `--name=value`."""

import re
from collections.abc import Iterable

from hull.dockerfile.place import DockerfileError
from hull.dockerfile.statement import Statement, Word

UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
TERM = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)


class Flags:
    """An instruction's flags, read and checked; asking for one that was not given returns its default."""

    def __init__(
        self, statement: Statement, texts: Iterable[str] = (), booleans: Iterable[str] = (), lists: Iterable[str] = ()
    ) -> None:
        self._statement = statement
        self._known = {
            **dict.fromkeys(texts, "text"), **dict.fromkeys(booleans, "boolean"), **dict.fromkeys(lists, "list")
        }  # fmt: skip
        self._given: dict[str, list[Word]] = {}
        for flag in statement.flags:
            self._take(flag)

    def text(self, name: str) -> str:
        """Return a text flag's value, "" without one."""
        return self._given[name][0].text if name in self._given else ""

    def boolean(self, name: str) -> bool | None:
        """Return a switch's value, None if it was not given."""
        return self._given[name][0].text != "false" if name in self._given else None

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a flag that may be repeated."""
        return tuple(word.text for word in self._given.get(name, ()))

    def seconds(self, name: str) -> float:
        """Return a duration (`1h30m`, `5s`, `1.5s`) in seconds, 0 if it was not given."""
        text = self.text(name)
        if text in {"", "0"}:
            return 0.0
        terms = TERM.findall(text)
        if not terms or "".join(number + unit for number, unit in terms) != text:
            raise self.error(name, f"{text!r} is no duration", "write one like 30s, 1m30s or 500ms")
        found = sum(float(number) * UNITS[unit] for number, unit in terms)
        if 0 < found < UNITS["ms"]:
            raise self.error(name, f"{text!r} is less than a millisecond", "0 takes the default")
        return float(found)

    def error(self, name: str, message: str, hint: str = "", *, place: int = 0) -> DockerfileError:
        """Return the error that points at a flag, the one at `place` of those with that name."""
        return self._statement.error(f"--{name}: {message}", hint, self._given[name][place].offset)

    def _take(self, flag: Word) -> None:
        name, equals, value = flag.text[2:].partition("=")
        kind = self._known.get(name)
        if kind is None:
            raise self._statement.error(
                f"{self._statement.keyword} has no flag --{name}", self._suggestion(name), flag.offset
            )
        if name in self._given and kind != "list":
            raise self._statement.error(f"--{name} is given twice", "keep one of them", flag.offset)
        if kind == "boolean":
            value = value.lower() if equals else "true"
            if value not in {"true", "false"}:
                raise self._statement.error(f"--{name} is a switch, not {value!r}", "true or false", flag.offset)
        elif not equals:
            raise self._statement.error(f"--{name} needs a value", f"write --{name}=VALUE", flag.offset)
        self._given.setdefault(name, []).append(Word(value, flag.offset))

    def _suggestion(self, name: str) -> str:
        import difflib

        close = difflib.get_close_matches(name, self._known, 1)
        known = ", ".join(f"--{one}" for one in sorted(self._known))
        return f"did you mean --{close[0]}?" if close else (f"it has {known}" if known else "it has none")

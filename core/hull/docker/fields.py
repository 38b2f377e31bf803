"""One JSON object of a request, read field by field; a value of the wrong type is an error that names its field."""

from typing import Any

from hull.errors import UserError


class Fields:
    """The object, and where it stands in the body: `HostConfig.LogConfig`."""

    def __init__(self, data: dict[str, Any], place: str = "") -> None:
        self.data = data
        self.place = place

    def name(self, key: str) -> str:
        """Return how an error calls the field."""
        return f"{self.place}.{key}" if self.place else key

    def asked(self, key: str) -> bool:
        """Whether the field says anything: neither missing nor a zero, an empty word, list or object."""
        return bool(self.data.get(key))

    def text(self, key: str) -> str:
        """Return a word, "" where there is none."""
        return self._text(key, self.data.get(key) or "")

    def texts(self, key: str, usual: tuple[str, ...] | None = ()) -> Any:
        """Return a list of words, `usual` where there is none or null; one word alone is a list of itself."""
        found = self.data.get(key)
        if found is None:
            return usual
        words = [found] if isinstance(found, str) else found
        if not isinstance(words, list):
            raise self.wrong(key, "a list of strings")
        return tuple(self._text(key, word) for word in words)

    def flag(self, key: str) -> bool:
        """Return a switch, off where it was not said."""
        found = self.data.get(key)
        if found is not None and not isinstance(found, bool):
            raise self.wrong(key, "true or false")
        return bool(found)

    def number(self, key: str) -> int | None:
        """Return a whole number of 64 bits, None where there is none."""
        found = self.data.get(key)
        if isinstance(found, float) and found.is_integer():
            found = int(found)
        if found is not None and (not isinstance(found, int) or isinstance(found, bool) or abs(found) >> 63):
            raise self.wrong(key, "a whole number")
        return found

    def pairs(self, key: str) -> dict[str, str]:
        """Return an object of words."""
        found = self._object(key)
        return {self._text(key, name): self._text(key, "" if value is None else value) for name, value in found.items()}

    def keys(self, key: str) -> tuple[str, ...]:
        """Return the names of an object whose values say nothing, or a list of them."""
        if isinstance(self.data.get(key), list):
            return tuple(self.texts(key))
        return tuple(self._text(key, name) for name in self._object(key))

    def inner(self, key: str) -> "Fields":
        """Return the object of a field, an empty one where there is none."""
        return Fields(self._object(key), self.name(key))

    def each(self, key: str) -> list["Fields"]:
        """Return the objects of a list."""
        found = self.data.get(key) or []
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise self.wrong(key, "a list of objects")
        return [Fields(one, self.name(key)) for one in found]

    def wrong(self, key: str, wanted: str) -> UserError:
        """Return the error of a field of the wrong type."""
        return UserError(f"invalid {self.name(key)}: {wanted} is wanted, not {str(self.data.get(key))[:80]!r}")

    def _object(self, key: str) -> dict[str, Any]:
        found = self.data.get(key) or {}
        if not isinstance(found, dict):
            raise self.wrong(key, "an object")
        return found

    def _text(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or "\0" in value:
            raise self.wrong(key, "a string without a zero byte")
        return value

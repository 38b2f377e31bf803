"""JSON that clients send, refused in the words that Docker's own clients and suites look for."""

import json
import re
from typing import Any

from hull.errors import UserError

WORDS = {
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Expecting value": "looking for beginning of value",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
}
JSON = "application/json"
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # the escape, and not a backslash's before that text


def parse(text: bytes, media_type: str) -> dict[str, Any]:
    """Return the object of a body; {} of an empty one. `media_type` is what the client says that it is."""
    if not text.strip():
        return {}
    if not media_type:
        raise UserError("malformed Content-Type header (): mime: no media type")
    if media_type.partition(";")[0].strip().lower() != JSON:
        raise UserError(f"unsupported Content-Type header ({media_type}): must be '{JSON}'")
    return read(text)


def read(text: bytes | str, what: str = "JSON") -> dict[str, Any]:
    """Return the object that a text is, {} of null; every word in it can be stored and named."""
    try:
        text = text if isinstance(text, str) else text.decode()  # the json module would take UTF-16, too
        found = json.loads(text, parse_constant=_refuse)
        json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            raise UserError(f"unexpected content after {what}") from None
        raise UserError(f"invalid {what}: {_reason(error)}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"invalid {what}: {error}") from None
    if NUL.search(text):
        raise UserError(f"invalid {what}: a NUL in a word")
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise UserError(f"invalid {what}: an object is wanted")
    return found


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def _reason(error: json.JSONDecodeError) -> str:
    if error.pos >= len(error.doc.rstrip()):
        return "unexpected EOF"
    words = WORDS.get(error.msg)
    return f"invalid character {error.doc[error.pos]!r} {words}" if words else error.msg

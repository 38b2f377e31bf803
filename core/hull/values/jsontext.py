"""A value as JSON, for programs that are no Python: what JSON has nothing for is an error, never something else."""

import json
import math
import os
from typing import Any


def text_of(value: Any) -> str:
    """Return JSON of a value; TypeError, ValueError or RecursionError say why there is none."""
    return json.dumps(_checked(value), default=_plain, allow_nan=False, ensure_ascii=False)


def _checked(value: Any) -> Any:
    """Return a value whose keys are text: json would turn others into it and say nothing."""
    if type(value) is dict and not all(type(key) is str for key in value):
        raise TypeError(f"a key is {next(key for key in value if type(key) is not str)!r}, not text")
    if type(value) is dict:
        return {key: _checked(item) for key, item in value.items()}
    return [_checked(item) for item in value] if type(value) in (list, tuple) else value


def _plain(value: Any) -> Any:
    """Return what JSON has for a value that is not its own: a frame's rows, an array's items, a moment's text."""
    package = type(value).__module__.partition(".")[0]
    for packages, name, convert in CONVERSIONS:
        if (not packages or package in packages) and hasattr(value, name):
            return convert(value)
    if isinstance(value, set | frozenset):
        return list(value)
    raise TypeError(f"JSON has nothing for a {type(value).__name__}")


def _numbers(value: Any) -> Any:
    """Return an array's items, null for what is no number, as frames have it."""
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _pandas(value: Any) -> Any:
    shape = {"orient": "records"} if hasattr(value, "columns") else {}
    return json.loads(value.to_json(**shape, date_format="iso"))


CONVERSIONS = (
    (("pandas",), "to_json", _pandas),
    (("pyarrow",), "to_pylist", lambda value: value.to_pylist()),
    (("polars",), "to_dicts", lambda value: value.to_dicts()),
    (("polars",), "to_list", lambda value: value.to_list()),
    (("numpy", "torch"), "tolist", lambda value: _numbers(value.tolist())),
    ((), "isoformat", lambda value: value.isoformat()),
    ((), "__fspath__", os.fspath),
)

"""An OpenAPI document of the routes: their words are read from the handlers, their bodies from what reads Fields.

`call.text("x")` in a handler is a parameter of the query, `fields.flag("Y")` in what the handler's module imports of
hull.docker is a property of its bodies. Nothing is written down twice, and a new route is there at once.
"""

import ast
import functools
import os
import re
from typing import Any

import hull.api
import hull.docker
from hull.api.routes import TABLE, Route

WORDS = {"text": {"type": "string"}, "flag": {"type": "boolean"}, "number": {"type": "integer"}}
LIST, MAP = {"type": "array", "items": WORDS["text"]}, {"type": "object", "additionalProperties": WORDS["text"]}
FIELDS = {**WORDS, "texts": LIST, "pairs": MAP, "keys": {"type": "object", "additionalProperties": {"type": "object"}}}
FILTERS = {"type": "string", "enum": ["{}", '{"label":["a=b"]}', '{"until":["10m"]}', '{"x":{"y":true}}', "[", "\x00"]}


def document(left_out: frozenset[str]) -> dict[str, Any]:
    """Return the document; `left_out` are METHOD PATH."""
    paths: dict[str, dict[str, Any]] = {}
    for route in TABLE:
        path = re.sub(r"\{(\w+):[^}]*\}", r"{\1}", route.path)
        if f"{route.method} {path}" not in left_out:
            paths.setdefault(path, {})[route.method.lower()] = operation(route, path)
    return {"openapi": "3.0.3", "info": {"title": "hull", "version": "1"}, "paths": paths}


def operation(route: Route, path: str) -> dict[str, Any]:
    """Return one operation: what it may be asked with. Every answer is allowed that is one."""
    module, _, name = route.handler.partition(":")
    place = f"{os.path.dirname(hull.api.__file__)}/handlers/{module}.py"
    asked = [_parameter(word, "path", {"type": "string", "minLength": 1}) for word in re.findall(r"\{(\w+)\}", path)]
    asked += [_parameter(word, "query", schema) for word, schema in sorted(_query(place, name).items())]
    made: dict[str, Any] = {"parameters": asked, "responses": {"default": {"description": "any"}}}
    if route.method in ("POST", "PUT"):
        made["requestBody"] = {"content": {"application/json": {"schema": _body(place)}}}
    return made


def _parameter(name: str, where: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": schema}


def _query(place: str, name: str) -> dict[str, dict[str, Any]]:
    """Return the query's words of a handler, and of the functions of its module that it calls."""
    functions = {
        node.name: node for node in ast.walk(_tree(place)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    found: dict[str, dict[str, Any]] = {}
    seen, todo = set(), [name]
    while todo:
        one = todo.pop()
        if one in seen or one not in functions:
            continue
        seen.add(one)
        todo += [node.id for node in ast.walk(functions[one]) if isinstance(node, ast.Name)]
        for method, word in _calls(functions[one], "call"):
            if method == "filters":
                found["filters"] = FILTERS
            elif word and method in (*WORDS, "texts"):
                found[word] = WORDS.get(method, LIST)
    return found


def _body(place: str) -> dict[str, Any]:
    """Return an object with every field that the module's own of hull.docker read, two levels deep."""
    flat: dict[str, Any] = {}
    inner, each = set(), set()
    for source in _docker(place):
        for method, word in _calls(_tree(source), None):
            if word and method in FIELDS:
                flat[word] = FIELDS[method]
            elif word:
                inner |= {word} if method == "inner" else set()
                each |= {word} if method == "each" else set()
    below = {"type": "object", "properties": flat}
    nested = {**dict.fromkeys(inner, below), **{word: {"type": "array", "items": below} for word in each}}
    return {"type": "object", "properties": {**flat, **nested, "Image": {"enum": ["busybox"]}}, "required": ["Image"]}


def _docker(place: str) -> set[str]:
    """Return the files of hull.docker that a file imports, and what they do."""
    home = os.path.dirname(hull.docker.__file__)
    seen: set[str] = set()
    todo = [place]
    while todo:
        for node in ast.walk(_tree(todo.pop())):
            if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("hull.docker."):
                names = [alias.name for alias in node.names] if node.module == "hull.docker" else [node.module[12:]]
                new = {f"{home}/{name}.py" for name in names} - seen
                seen |= new
                todo += new
    return {source for source in seen if os.path.basename(source) not in ("fields.py", "filters.py")}


def _calls(tree: ast.AST, on: str | None) -> list[tuple[str, str]]:
    """Return the methods called with a literal word first, "" where none is; `on` is the object's name."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if on is not None and not (isinstance(node.func.value, ast.Name) and node.func.value.id == on):
                continue
            first = node.args[0] if node.args else None
            word = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
            found.append((node.func.attr, word))
    return found


@functools.cache
def _tree(path: str) -> ast.Module:
    with open(path, encoding="utf-8") as file:
        return ast.parse(file.read())

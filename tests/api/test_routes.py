"""The table: every row leads somewhere, none hides another, and a document of it can be made."""

import importlib
import inspect

import pytest
from hull.api.routes import TABLE

from tests.api import openapi


@pytest.mark.parametrize("route", TABLE, ids=lambda route: f"{route.method} {route.path}")
def test_every_row_leads_to_a_handler(route):
    module, _, name = route.handler.partition(":")
    found = getattr(importlib.import_module(f"hull.api.handlers.{module}"), name)
    assert inspect.iscoroutinefunction(found)
    assert list(inspect.signature(found).parameters) in (["call"], ["_call"])
    assert found.__doc__


def test_no_row_is_there_twice():
    rows = [(route.method, route.path) for route in TABLE]
    assert len(set(rows)) == len(rows)


def test_the_document_knows_the_words_of_the_query_and_the_fields_of_bodies():
    paths = openapi.document(frozenset({"GET /info"}))["paths"]
    listing = {found["name"] for found in paths["/containers/json"]["get"]["parameters"]}
    assert {"all", "filters", "limit", "size"} <= listing
    body = paths["/containers/create"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert body["Tty"] == {"type": "boolean"}
    assert "Binds" in body["HostConfig"]["properties"]
    assert "/info" not in paths

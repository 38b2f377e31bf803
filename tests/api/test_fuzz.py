"""schemathesis against the whole table: whatever is asked, the answer is one, and no fault of hull's is in it.

HULL_FUZZ_SECONDS=600 asks for longer.
"""

import contextlib
import json
import os
import random
import time
from typing import Any

import pytest
import requests
import requests.adapters
import schemathesis
import urllib3
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.api import openapi
from tests.api.serving import Server, Wire

SECONDS = float(os.environ.get("HULL_FUZZ_SECONDS", "25"))
EXAMPLES = 6  # of an operation, in a round
PATIENCE = 2.0  # seconds; what answers for as long as somebody listens is cut off
REGISTRIES = frozenset({"POST /images/create", "POST /images/{name}/push", "GET /images/search", "POST /auth",
                        "GET /distribution/{name}/json", "POST /build", "POST /hull/hold"})  # fmt: skip
ENDLESS = ("/events", "/wait", "/stats", "/attach", "/logs", "/session", "/grpc")
MADE = (
    ("/containers/create?name=known", {"Image": "busybox", "Cmd": ["true"]}),
    ("/networks/create", {"Name": "known"}),
    ("/volumes/create", {"Name": "known"}),
)


class Pool(urllib3.HTTPConnectionPool):
    """Connections to a unix socket, whatever the URL's host."""

    def __init__(self, path: str) -> None:
        super().__init__("hull", retries=False)
        self.path = path

    def _new_conn(self) -> Any:
        made = urllib3.connection.HTTPConnection("hull")
        made._new_conn = lambda: _connected(self.path, made.timeout)
        return made


def _connected(path: str, seconds: float) -> Any:
    wire = Wire(path, seconds)
    wire.connect()
    return wire.sock


class Adapter(requests.adapters.HTTPAdapter):
    """Requests over a unix socket."""

    def __init__(self, path: str) -> None:
        self.pool = Pool(path)
        super().__init__()

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> Any:
        return self.pool


@pytest.fixture
def fresh(fresh_cli):
    made = Server(fresh_cli)
    yield made
    made.close()


@pytest.mark.timeout(SECONDS + 120)
def test_no_request_is_answered_with_a_fault(fresh):
    schema = schemathesis.openapi.from_dict(openapi.document(REGISTRIES))
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 70
    session = requests.Session()
    session.mount("http://", Adapter(fresh.path))
    end, rounds, asked = time.monotonic() + SECONDS, 0, []
    while time.monotonic() < end:
        rounds += 1
        random.Random(rounds).shuffle(operations)
        for operation in operations:
            _ask(operation, session, rounds, asked)
            _remake(fresh, operation)
            if time.monotonic() > end:
                break
    session.close()
    assert fresh.faults() == []
    assert {200, 201, 204, 400, 404} <= set(asked)
    assert fresh.request("GET", "/_ping").status == 200


def _ask(operation: Any, session: requests.Session, number: int, asked: list[int]) -> None:
    patience = 0.2 if operation.path.endswith(ENDLESS) else PATIENCE

    @seed(number)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy())
    def carry_out(case: Any) -> None:
        if len(asked) % 2:
            case.path_parameters = {name: _there(operation.path) for name in case.path_parameters or {}}
        with contextlib.suppress(requests.Timeout, requests.ConnectionError):
            answer = case.call(base_url="http://hull", session=session, timeout=patience)
            asked.append(answer.status_code)
            _judge(answer)

    carry_out()


def _there(path: str) -> str:
    """Return the name of something that is there."""
    return "busybox" if path.startswith("/images") else "known"


def _judge(answer: Any) -> None:
    if answer.status_code >= 400:
        message = json.loads(answer.content)["message"] if answer.content else "(HEAD)"
        assert "hull failed" not in message, message
        assert "Traceback" not in message


def _remake(server: Server, operation: Any) -> None:
    """Have again what an operation may have removed."""
    if operation.method in ("delete", "post"):
        for path, body in MADE:
            server.request("POST", path, body)

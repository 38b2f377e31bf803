"""A registry that cuts, stalls, lies about length, digest and type: an error in time; the same pull then succeeds."""

import threading
import time

import pytest
from hull.errors import HullError
from hull.images import http

from tests import imagebuild, registries
from tests.registries import Reply

MADE = imagebuild.image(imagebuild.layer(imagebuild.member("a", bytes(range(256)) * 800)), how="plain")
LAYER = MADE.layers[0]
WHOLE = MADE.blobs[LAYER]
JSON = (("Content-Type", "application/json"),)


def layer(change):
    return lambda request, reply: change(request, reply) if LAYER in request.path else reply


def anything(change):
    return lambda request, reply: change(reply) if request.path != "/v2/" else reply


def kept(reply, body):
    return reply._replace(body=body, headers=(*reply.headers, ("Content-Length", str(len(body)))))


FAULTS = {
    "every answer is cut": anything(lambda r: r._replace(cut=7)),
    "every connection ends without a word": anything(lambda _: Reply(0)),
    "the layer is cut, always": layer(lambda _, r: r._replace(cut=len(r.body) // 2) if len(r.body) > 9 else Reply(0)),
    "the layer is short and says so": layer(lambda _, r: kept(r, WHOLE[:-512])),
    "the layer is long": layer(lambda _, r: kept(r, WHOLE + b"x" * 512)),
    "the layer is another": layer(lambda _, r: kept(r, b"y" + WHOLE[1:])),
    "the layer is a page": layer(lambda *_: Reply(200, b"<html>", (("Content-Type", "text/html"),))),
    "the layer is empty": layer(lambda *_: Reply(200, b"")),
    "a part where the whole was asked": layer(
        lambda *_: Reply(206, WHOLE[:100], (("Content-Range", f"bytes 0-99/{len(WHOLE)}"),))
    ),
    "the manifest is a page": anything(lambda _: Reply(200, b"<html>", (("Content-Type", "text/html"),))),
    "the manifest is called an index": lambda r, reply: (
        reply._replace(headers=(("Content-Type", imagebuild.OCI_INDEX),)) if "/manifests/" in r.path else reply
    ),
    "the config is another": lambda r, reply: kept(reply, b"{}") if MADE.config in r.path else reply,
    "overload": anything(lambda _: Reply(503, b"", (("Retry-After", "0"),))),
    "overload for an hour": anything(lambda _: Reply(503, b"", (("Retry-After", "3600"),))),
    "overload until next year": anything(
        lambda _: Reply(429, b"", (("Retry-After", "Fri, 31 Dec 2100 23:59:59 GMT"),))
    ),
    "a quota": anything(lambda _: Reply(429, b"{}", (("RateLimit-Remaining", "0;w=21600"), ("Retry-After", "1")))),
    "a server error": anything(lambda _: Reply(500, b"{}", JSON)),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=[name.replace(" ", "-") for name in FAULTS])
def test_the_same_pull_succeeds_afterwards(box, fault):
    honest = registries.image_answer(MADE.blobs, {"1": MADE.manifest})
    broken = [True]
    before = box.store_files()
    with registries.served(lambda r: fault(r, honest(r)) if broken[0] else honest(r)) as stub:
        began = time.monotonic()
        with pytest.raises(HullError) as caught:
            box.images.pull(f"{stub.address}/a:1")
        assert caught.value.hint
        assert time.monotonic() - began < 20
        assert box.store_files() == before
        broken[0] = False
        found = box.images.pull(f"{stub.address}/a:1")
    assert found.id == MADE.config


def test_a_range_that_was_not_asked_is_not_taken(box):
    honest, cuts = registries.image_answer(MADE.blobs, {"1": MADE.manifest}), [5000]

    def answer(request):
        reply = honest(request)
        if LAYER not in request.path:
            return reply
        if "range" in request.headers:
            return Reply(206, WHOLE[:100], (("Content-Range", f"bytes 0-99/{len(WHOLE)}"),))
        return reply._replace(cut=cuts.pop()) if cuts else reply

    with registries.served(answer) as stub:
        assert box.images.pull(f"{stub.address}/a:1").id == MADE.config
        asked = [r.headers.get("range") for r in stub.requests if LAYER in r.path]
    assert asked == [None, "bytes=5000-", None]


def test_a_registry_that_stalls(box, monkeypatch):
    monkeypatch.setattr(http, "READ", 0.2)
    honest, over, broken = registries.image_answer(MADE.blobs, {"1": MADE.manifest}), threading.Event(), [True]

    def answer(request):
        reply = honest(request)
        return reply._replace(cut=1000, stall=over) if broken[0] and LAYER in request.path else reply

    with registries.served(answer) as stub:
        try:
            with pytest.raises(HullError, match="cannot fetch"):
                box.images.pull(f"{stub.address}/a:1")
        finally:
            over.set()
        broken[0] = False
        assert box.images.pull(f"{stub.address}/a:1").id == MADE.config


LIMITED = b'{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}'


@pytest.mark.parametrize(("headers", "body", "said"), [
    ((("RateLimit-Remaining", "0;w=21600"), ("RateLimit-Limit", "100;w=21600")), b"{}", r"used up \(100 in 6 h\)"),
    ((("Retry-After", "0"),), LIMITED, "quota .* used up"),
    ((("Retry-After", "0"),), b"{}", "overloaded"),
])  # fmt: skip
def test_a_quota_is_told_apart_from_overload(box, headers, body, said):
    with registries.served(lambda r: Reply() if r.path == "/v2/" else Reply(429, body, headers)) as stub:
        with pytest.raises(HullError, match=said) as caught:
            box.images.pull(f"{stub.address}/a:1")
        asked = len([r for r in stub.requests if "manifests" in r.path])
    assert ("hull login" in caught.value.hint) is ("used up" in said)
    assert asked == (1 if "100 in" in said else http.RETRIES + 1)

"""Uploads over a registry that breaks off, forgets, stalls and lies; a good one is left with whole blobs only."""

import json
import threading

import pytest
from hull import config
from hull.errors import RegistryError
from hull.images import digests, http, manifest, reference, uploads
from hull.images.manifest import Descriptor
from hull.images.registry import Registry
from hull.images.uploads import Uploads

from tests import registries
from tests.registries import Memory, Reply

DATA = bytes(range(256)) * 18  # five parts, the last one shorter
WANTED = Descriptor(digests.of(DATA), len(DATA), "")


@pytest.fixture(autouse=True)
def _small(monkeypatch, tmp_path):
    monkeypatch.setattr(uploads, "CHUNK", 1000)
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "none.json"))


@pytest.fixture
def memory():
    return Memory()


@pytest.fixture
def stub(memory):
    with registries.served(memory) as found:
        yield found


def target(address):
    return Uploads(Registry(reference.parse(f"{address}/a:1"), config.Settings("config.toml", {}), writes=True))


def put(stub):
    heard = []
    target(stub.address).put(WANTED, lambda: [DATA[:1500], DATA[1500:]], heard.append)
    return heard


def ranges(stub):
    return [r.headers["content-range"] for r in stub.requests if r.method == "PATCH"]


def once(memory, method, change):
    """Let the first request of a method be answered by `change(request)`."""
    pending = [change]

    def fault(request):
        if request.method == method and pending and "uploads" in request.path:
            return pending.pop()(request)
        return None

    memory.fault = fault


def test_a_large_blob_goes_in_parts(memory, stub):
    heard = put(stub)
    assert memory.blobs == {WANTED.digest: DATA}
    assert ranges(stub) == ["0-999", "1000-1999", "2000-2999", "3000-3999", "4000-4607"]
    assert heard == [1000, 2000, 3000, 4000, len(DATA)]
    assert memory.uploads == {}


def test_a_small_one_goes_at_once(memory, stub):
    target(stub.address).put(Descriptor(digests.of(b"x"), 1, ""), lambda: [b"x"])
    target(stub.address).put(Descriptor(digests.of(b""), 0, ""), list)
    assert set(memory.blobs.values()) == {b"x", b""}
    assert ranges(stub) == []


def test_a_part_that_broke_goes_on_where_the_registry_says(memory, stub):
    def half(request):
        memory.uploads["0"] += request.body[:300]
        return Reply(0)

    once(memory, "PATCH", half)
    put(stub)
    assert memory.blobs == {WANTED.digest: DATA}
    assert ranges(stub)[:3] == ["0-999", "300-999", "1000-1999"]


def test_a_part_that_arrived_whole_is_not_sent_again(memory, stub):
    def whole(request):
        memory.uploads["0"] += request.body
        return Reply(0)

    once(memory, "PATCH", whole)
    put(stub)
    assert memory.blobs == {WANTED.digest: DATA}
    assert ranges(stub)[:2] == ["0-999", "1000-1999"]


@pytest.mark.parametrize("said", [None, "5000-6000", "x", "0-4000"])
def test_an_upload_that_is_lost_begins_anew(memory, stub, said):
    def fault(request):
        if "uploads/0" not in request.path or request.method == "POST":
            return None
        if request.method == "PATCH":
            return Reply(0) if len(ranges(stub)) == 2 else None
        return Reply(404) if said is None else Reply(204, b"", (("Range", said),))

    memory.fault = fault
    put(stub)
    assert memory.blobs == {WANTED.digest: DATA}
    assert ranges(stub)[2] == "0-999"


def test_an_end_that_broke_is_looked_up(memory, stub):
    def stored(request):
        memory.honest(request)
        return Reply(0)

    once(memory, "PUT", stored)
    put(stub)
    assert [r.method for r in stub.requests].count("PUT") == 1


def test_a_registry_that_always_breaks_is_an_error_and_the_same_again_succeeds(memory, stub):
    memory.fault = lambda request: Reply(0) if request.method == "PATCH" else None
    with pytest.raises(RegistryError, match="connection broke"):
        put(stub)
    assert memory.blobs == {}
    memory.fault = lambda _: None
    put(stub)
    assert memory.blobs == {WANTED.digest: DATA}


def test_a_registry_that_stalls_is_not_waited_for_for_ever(memory, stub, monkeypatch):
    monkeypatch.setattr(http, "READ", 0.3)
    over = threading.Event()
    once(memory, "PATCH", lambda _: Reply(202, b"x", cut=0, stall=over) if over.wait(5) else Reply(0))
    try:
        put(stub)
    finally:
        over.set()
    assert memory.blobs == {WANTED.digest: DATA}


def test_what_is_sent_must_be_what_was_promised(memory, stub):
    with pytest.raises(RegistryError, match="digest invalid"):
        target(stub.address).put(WANTED, lambda: [DATA[:-1] + b"!"])
    assert memory.blobs == {}


def test_a_manifest_that_the_registry_changes_is_told(memory, stub):
    memory.fault = lambda r: (
        Reply(201, b"", (("Docker-Content-Digest", digests.of(b"")),)) if r.method == "PUT" else None
    )
    with pytest.raises(RegistryError, match="the registry stored"):
        target(stub.address).manifest(b"{}", manifest.OCI_MANIFEST, "1")


def test_a_mount_that_opens_an_upload_is_ended(memory, stub):
    assert not target(stub.address).mount(WANTED.digest, "b")
    assert stub.requests[-2].query == {"mount": [WANTED.digest], "from": ["b"]}
    assert memory.uploads == {}


def test_an_upload_elsewhere_gets_no_credentials(memory, monkeypatch, tmp_path):
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    with registries.served(memory) as storage:

        def answer(request):
            if "authorization" not in request.headers:
                return Reply(401, b"", (("WWW-Authenticate", "Basic realm=x"),))
            if request.method == "POST":
                memory.uploads["7"] = bytearray()
                return Reply(202, b"", (("Location", f"http://{storage.address}/v2/a/blobs/uploads/7"),))
            return Reply(404)

        with registries.served(answer) as front:
            (tmp_path / "auth.json").write_text(json.dumps({"auths": {front.address: {"auth": "dTpw"}}}))
            put(front)
        assert memory.blobs == {WANTED.digest: DATA}
        assert len(storage.requests) == 6
        assert not any("authorization" in r.headers for r in storage.requests)

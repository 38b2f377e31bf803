import json

import pytest
from hull.errors import RegistryError
from hull.images import imageconfig
from hull.model import Health
from hull.state.db import Database
from hull.state.images import ImageRecord, Images

D = "sha256:" + "0" * 64
ROOTFS = {"rootfs": {"type": "layers", "diff_ids": [D]}}

BAD = [
    b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"rootfs": NaN}',
    json.dumps({}).encode(),
    json.dumps({"rootfs": {"diff_ids": ["../x"]}}).encode(),
    json.dumps({"rootfs": {"diff_ids": [D.upper()]}}).encode(),
    json.dumps({**ROOTFS, "config": []}).encode(),
    json.dumps({**ROOTFS, "history": 5}).encode(),
    json.dumps({**ROOTFS, "container_config": "x"}).encode(),
    json.dumps({**ROOTFS, "config": {"Env": "A=b"}}).encode(),
    json.dumps({**ROOTFS, "config": {"Cmd": [1]}}).encode(),
    json.dumps({**ROOTFS, "config": {"User": 0}}).encode(),
    json.dumps({**ROOTFS, "config": {"Volumes": ["/x"]}}).encode(),
    json.dumps({**ROOTFS, "config": {"Healthcheck": ["CMD"]}}).encode(),
    json.dumps({**ROOTFS, "config": {"Healthcheck": {"Test": "CMD"}}}).encode(),
    json.dumps({**ROOTFS, "config": {"Healthcheck": {"Test": ["CMD", "x"], "Interval": "30s"}}}).encode(),
    json.dumps({**ROOTFS, "config": {"Healthcheck": {"Test": ["CMD", "x"], "Retries": -1}}}).encode(),
    json.dumps({**ROOTFS, "config": {"Env": ["A=\x00"]}}).encode(),
    json.dumps({**ROOTFS, "config": {"Env": ["A=\ud800"]}}).encode(),
]  # fmt: skip


@pytest.mark.parametrize("body", BAD)
def test_a_malformed_config_is_refused(body):
    with pytest.raises(RegistryError):
        imageconfig.parse(body)


def test_the_id_is_the_digest_of_the_bytes():
    body = json.dumps({**ROOTFS, "os": "linux", "architecture": "aarch64", "config": None}).encode()
    found = imageconfig.parse(body)
    assert found.id.startswith("sha256:")
    assert (found.diff_ids, str(found.platform), found.text) == ((D,), "linux/arm64", body.decode())


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (None, None),
        ({}, None),
        ({"Test": ["NONE"]}, Health(("NONE",))),
        ({"Test": ["CMD-SHELL", "a b"], "Interval": 1_500_000_000}, Health(("CMD-SHELL", "a b"), 1.5)),
        (
            {"Test": ["CMD", "a"], "Timeout": 10**9, "Retries": 2, "StartPeriod": 3 * 10**9, "StartInterval": 10**9},
            Health(("CMD", "a"), 0.0, 1.0, 2, 3.0, 1.0),
        ),
    ],
)
def test_the_health_check_is_read(tmp_path, check, expected):
    text = json.dumps({**ROOTFS, "config": {"Healthcheck": check, "Env": ["A=1"]}})
    imageconfig.parse(text.encode())
    db = Database(str(tmp_path / "db"))
    rows = Images(db)
    rows.add(ImageRecord("sha256:1", "", text, 0, 0.0), [D], [], "range")
    found, diff_ids = imageconfig.image("sha256:1", "a", rows.config("sha256:1"))
    assert (found.health, found.env, diff_ids) == (expected, ("A=1",), [D])
    db.close()


def test_no_layers_may_be_said_as_null():
    assert imageconfig.parse(b'{"rootfs":{"type":"layers","diff_ids":null}}').diff_ids == ()
    with pytest.raises(RegistryError, match="lists no layers"):
        imageconfig.parse(b'{"rootfs":{"type":"layers"}}')

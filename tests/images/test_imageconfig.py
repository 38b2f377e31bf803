import json

import pytest
from hull.errors import RegistryError
from hull.images import imageconfig

D = "sha256:" + "0" * 64
ROOTFS = {"rootfs": {"type": "layers", "diff_ids": [D]}}

BAD = [
    b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"rootfs": NaN}',
    json.dumps({}).encode(),
    json.dumps({"rootfs": {"diff_ids": ["../x"]}}).encode(),
    json.dumps({"rootfs": {"diff_ids": [D.upper()]}}).encode(),
    json.dumps({**ROOTFS, "config": []}).encode(),
    json.dumps({**ROOTFS, "config": {"Env": "A=b"}}).encode(),
    json.dumps({**ROOTFS, "config": {"Cmd": [1]}}).encode(),
    json.dumps({**ROOTFS, "config": {"User": 0}}).encode(),
    json.dumps({**ROOTFS, "config": {"Volumes": ["/x"]}}).encode(),
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

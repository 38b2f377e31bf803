"""What `/system/df` tells, of images too that Docker's tools made and hull would not."""

import json

from hull.docker import usage
from hull.docker.versions import Version
from hull.state.images import ImageRecord


def test_an_image_whose_layers_are_null_counts_for_nothing(engine):
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": None}})
    engine.images.rows.add(ImageRecord("sha256:" + "a" * 64, "", config, 0, 1.0), [], [], "range")
    found = usage.usage(engine, (), Version(1, 50))
    assert [one["Size"] for one in found["Images"]] == [0]
    assert (found["BuildCache"], found["LayersSize"]) == ([], 0)

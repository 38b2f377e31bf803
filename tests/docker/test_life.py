"""What is changed of a container beside others that change it."""

import os
import threading

from hull.docker import life
from hull.model import Image, Spec


def test_a_link_is_taken_back_from_what_the_container_is_by_then(engine):
    image = Image("sha256:1", "busybox", ())
    other = engine.containers.add("b" * 64, Spec("busybox"), image)
    os.mkdir(engine.paths.container("b" * 64))
    os.mkdir(engine.paths.container("a" * 64))
    row = engine.containers.add("a" * 64, Spec("busybox", name="app", links=(f"{other.id}:d", f"{other.id}:e")), image)
    unlinking = threading.Thread(target=life.unlink, args=(engine, "app/d"))
    with engine.containers.lock(row):
        unlinking.start()
        unlinking.join(0.2)
        engine.containers.respecify(row, row.spec._replace(restart="always"))
    unlinking.join(20)
    spec = engine.containers.find("app").spec
    assert (spec.links, spec.restart) == ((f"{other.id}:e",), "always")

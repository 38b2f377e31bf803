"""The step cache: what a step reads decides, and a build that finds everything makes the very same image."""

import os

STEPS = "FROM busybox\nARG A=1\nCOPY f /f\nRUN echo $A > /a\nWORKDIR /w\n"


def cached(done) -> list[str]:
    return [line.split("] ")[1].split()[0] for line in done.stderr.decode().splitlines() if line.endswith("CACHED")]


def test_a_second_build_is_the_same_image(build, lines):
    build.write(f="one")
    first = build(STEPS)
    second = build(STEPS)
    assert first.stdout.split()[-1] == second.stdout.split()[-1]
    assert cached(second) == ["COPY", "RUN", "WORKDIR"]
    assert not any(" | " in line for line in lines(second))


def test_what_a_step_reads_decides(build):
    build.write(f="one")
    build(STEPS)
    os.utime(build.context / "f", (1, 1))
    assert cached(build(STEPS)) == ["COPY", "RUN", "WORKDIR"], "times do not count"
    assert cached(build(STEPS, "--build-arg", "A=2")) == ["COPY"], "an argument counts where it can be seen"
    (build.context / "f").chmod(0o755)
    assert cached(build(STEPS)) == [], "modes count"
    build.write(f="two")
    assert cached(build(STEPS)) == [], "content counts"
    build.write(f="one")
    (build.context / "f").chmod(0o644)
    assert cached(build(STEPS, "--no-cache")) == []
    assert cached(build(STEPS.replace("busybox\n", "busybox\nENV E=1\n"))) == ["COPY"], "ENV counts for RUN"


def test_a_failed_build_keeps_what_was_done(build):
    build.write(f="one")
    failing = "FROM busybox\nCOPY f /kept\nRUN false\n"
    assert build(failing, check=False).returncode == 1
    assert cached(build(failing, check=False)) == ["COPY"]
    assert build.scratch == []


def test_prune_forgets_steps_and_cache_mounts_and_keeps_images(fresh_build):
    build = fresh_build
    text = "FROM busybox\nRUN --mount=type=cache,target=/c echo x >> /c/n && cat /c/n > /n\n"
    ident = build.image(text)
    assert build.inside(ident, "cat", "/n") == "x\n"
    assert build.inside(build.image(text, "--no-cache"), "cat", "/n") == "x\nx\n"
    caches = f"{build.cli.root}/build-cache"
    assert [name for name in os.listdir(caches) if not name.endswith(".lock")]
    build.cli("builder", "prune", "--filter", "until=1h", check=True)
    assert cached(build(text)) == ["RUN"], "what was just used is young"
    build.cli("builder", "prune", check=True)
    assert [name for name in os.listdir(caches) if not name.endswith(".lock")] == []
    assert build.inside(ident, "cat", "/n") == "x\n"
    assert cached(build(text)) == []


def test_the_layers_of_steps_outlive_their_image(fresh_build):
    build = fresh_build
    text = "FROM busybox\nRUN echo 1 > /1\nRUN echo 2 > /2\n"
    ident = build.image(text)
    build.cli("rmi", ident, check=True)
    again = build(text)
    assert (cached(again), again.stdout.decode().split()[-1]) == (["RUN", "RUN"], ident)


def test_a_time_that_is_asked_gives_one_digest(build):
    build.write(f="one")
    text = "FROM busybox\nCOPY f /d/f\nRUN touch /new && mkdir -p /x/y && rm -r /root\n"
    env = build.cli.env(SOURCE_DATE_EPOCH="1000000000")
    first = build.image(text, "--no-cache", env=env)
    os.utime(build.context / "f", (2_000_000_000, 2_000_000_000))
    assert build.image(text, "--no-cache", env=env) == first
    assert build.inside(first, "stat", "-c", "%Y", "/new", "/x", "/x/y", "/d/f", "/d") == "1000000000\n" * 5
    found = build.inspect(first)
    assert found["Created"].startswith("2001-09-09T01:46:40")
    assert build.image(text, "--no-cache", env=build.cli.env(SOURCE_DATE_EPOCH="1000000001")) != first
    done = build(text, check=False, env=build.cli.env(SOURCE_DATE_EPOCH="yesterday"))
    assert done.returncode != 0

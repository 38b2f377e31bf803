"""Networks beside podman with the same uplink, slirp4netns: bytes, the delay of a published port, starts."""

import contextlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator

from hull.network.routes import outside

from bench import pair, workers
from bench.measure import Figure, Sample, Side, Skipped, compare, interleave, process
from bench.pair import Tool
from bench.place import IMAGE, Place, program, version
from tests.busybox import rootfs

RUNS = int(os.environ.get("BENCH_RUNS", "50"))
FLOWS = int(os.environ.get("BENCH_FLOWS", "7"))  # throughputs a side
SECONDS = os.environ.get("BENCH_FLOW_SECONDS", "3")
TRIPS, CONNECTIONS = 2000, 300  # in one sample
NETWORK = "bench"
ECHO = """import socket, threading
def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while data := connection.recv(4096):
        connection.sendall(data)
    connection.close()
server = socket.create_server(("", 80), backlog=128)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""


def figures(place: Place) -> Iterator[Figure | Skipped]:
    """Yield what a network moves and what it costs."""
    missing = [name for name in ("iperf3", "podman", "slirp4netns") if not program(name)]
    if missing:
        yield Skipped("networks beside podman", f"{missing[0]} is not installed")
        return
    archive = os.path.join(place.base, "net.tar")
    with open(archive, "wb") as file:
        file.write(rootfs({"lib": "usr/lib", "lib64": "usr/lib64"}))
    hull, podman = pair.tools(place)
    try:
        hull.run("import", archive, pair.IMAGE)
        podman.run("import", "-q", archive, pair.IMAGE)
        podman.run("import", "-q", place.archive, IMAGE)
        podman.run("run", "--rm", "--cgroups=disabled", "--network", "slirp4netns", IMAGE, "true")
    except (OSError, RuntimeError) as error:
        yield Skipped("networks beside podman", f"podman does not run here: {error}")
        return
    yield from _published(hull, podman)
    yield from _uplink(hull, podman)
    yield from _delay(hull, podman)
    yield from _starts(place)
    yield _warm(place)
    yield from _named(place, hull, podman)


def _published(hull: Tool, podman: Tool) -> Iterator[Figure]:
    """Compare iperf3 through a published port, both ways."""
    ports = (pair.free_port(), pair.free_port())
    with contextlib.ExitStack() as stack:
        for tool, port in zip((hull, podman), ports, strict=True):
            words = ("--network", "slirp4netns", "-p", f"127.0.0.1:{port}:5201", pair.IMAGE, "/usr/bin/iperf3", "-s")
            stack.enter_context(tool.container("flow", *words))
        for title, more in (("host to container, published port", ()), ("container to host, published port", ("-R",))):
            ours, peer = (_client(port, more) for port in ports)
            yield _throughput(title, ours, peer, least=1.0)


def _client(port: int, more: tuple[str, ...]) -> Sample:
    argv = [program("iperf3"), "-c", "127.0.0.1", "-p", str(port), *_words(more)]
    return lambda: _rate(lambda: subprocess.run(argv, capture_output=True, text=True, check=False).stdout)


def _uplink(hull: Tool, podman: Tool) -> Iterator[Figure | Skipped]:
    """Compare iperf3 from inside, towards a server on this machine's own address."""
    host, port = outside(), pair.free_port()
    if not host:
        yield Skipped("container to host, uplink", "this machine has no default route")
        return
    server = subprocess.Popen([program("iperf3"), "-s", "-p", str(port)], stdout=subprocess.DEVNULL)
    try:
        with contextlib.ExitStack() as stack:
            for tool in (hull, podman):
                words = ("--network", "slirp4netns", pair.IMAGE, "sleep", "3600")
                stack.enter_context(tool.container("flow", *words))
            note = "both sides are the same slirp4netns"
            for title, more in (("container to host, uplink", ()), ("host to container, uplink", ("-R",))):
                ours, peer = (_inside(tool, host, port, more) for tool in (hull, podman))
                yield _throughput(title, ours, peer, least=1.0, note=note)
    finally:
        server.kill()
        server.wait()


def _inside(tool: Tool, host: str, port: int, more: tuple[str, ...] = ()) -> Sample:
    """Return the throughput of iperf3 started in the container `flow`."""
    words = ("exec", "flow", "/usr/bin/iperf3", "-c", host, "-p", str(port), *_words(more))
    return lambda: _rate(lambda: tool.run(*words))


def _words(more: tuple[str, ...]) -> tuple[str, ...]:
    return ("-J", "-t", SECONDS, *more)


def _rate(ask: Callable[[], str]) -> float:
    """Return what arrived, in MB/s; a server that still ends the run before is asked again."""
    deadline = time.monotonic() + pair.PATIENCE
    while True:
        try:
            return float(json.loads(ask())["end"]["sum_received"]["bits_per_second"]) / 8e6
        except (KeyError, ValueError, RuntimeError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _throughput(title: str, ours: Sample, peer: Sample, **rules: float | str) -> Figure:
    sides = Side("hull, iperf3", "", ours), Side("podman, iperf3", version("podman"), peer)
    mine, theirs = interleave(*sides, FLOWS, warm=1)
    return Figure(f"iperf3, {title}", *sides, mine, theirs, FLOWS, "MB/s", **rules)  # type: ignore[arg-type]


def _delay(hull: Tool, podman: Tool) -> Iterator[Figure]:
    """Compare a small request and its answer through a published port."""
    ports = (pair.free_port(), pair.free_port())
    with contextlib.ExitStack() as stack:
        for tool, port in zip((hull, podman), ports, strict=True):
            words = ("--network", "slirp4netns", "-p", f"127.0.0.1:{port}:80", pair.IMAGE)
            stack.enter_context(tool.container("echo", *words, "/usr/bin/python3", "-c", ECHO))
        with pair.connect(ports[0]) as one, pair.connect(ports[1]) as other:
            trips = [lambda c=c: _trips(c) for c in (one, other)]
            yield _micro("published port, one request and its answer", trips, bound=1.0)
        yield _micro("published port, a connection a request", [lambda p=p: _connections(p) for p in ports])


def _trips(connection: socket.socket) -> float:
    begun = time.perf_counter()
    for _ in range(TRIPS):
        connection.sendall(b"x" * 64)
        left = 64
        while left:
            left -= len(connection.recv(left)) or _closed()
    return (time.perf_counter() - begun) / TRIPS


def _closed() -> int:
    raise RuntimeError("the published port closed a connection")


def _connections(port: int) -> float:
    begun = time.perf_counter()
    for _ in range(CONNECTIONS):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"?")
            if connection.recv(1) != b"?":
                _closed()
    return (time.perf_counter() - begun) / CONNECTIONS


def _micro(title: str, samples: list[Sample], bound: float | None = None) -> Figure:
    ours, peer = Side("hull", "", samples[0]), Side("podman", version("podman"), samples[1])
    mine, theirs = interleave(ours, peer, FLOWS, warm=1)
    return Figure(title, ours, peer, mine * 1e6, theirs * 1e6, FLOWS, "µs", bound=bound)


def _starts(place: Place) -> Iterator[Figure]:
    """Compare starts with a network against podman's: from a cold command line, from a Python that is warm."""
    words = ("run", "--rm", "--network", "slirp4netns", IMAGE, "true")
    hull, env = place.hull.argv(*words), place.hull.env()
    podman = place.podman(*words[:2], "--cgroups=disabled", *words[2:])
    peer = Side("podman run --network slirp4netns", version("podman"), lambda: process(podman))
    cold = Side("hull run --network slirp4netns", version("slirp4netns"), lambda: process(hull, env))
    yield compare("start with a network, cold command line", cold, peer, RUNS, bound=0.1)
    with workers.python(_worker(place)) as worker:
        warm = Side("engine, session, spawn, wait", "", lambda: worker.ask("hull default"))
        yield compare("start with a network, inside a warm Python", warm, peer, RUNS, bound=0.1)


def _warm(place: Place) -> Figure:
    with workers.python(_worker(place)) as worker:
        ours = Side("with a network", "", lambda: worker.ask("hull default"))
        peer = Side("without", "", lambda: worker.ask("hull"))
        return compare("start inside a warm Python, with a network and without", ours, peer, RUNS, bound=1.3)


def _worker(place: Place) -> dict[str, str]:
    return {**place.hull.env(), "BENCH_BWRAP": ""}


def _named(place: Place, hull: Tool, podman: Tool) -> Iterator[Figure | Skipped]:
    """Compare two containers of one network, and a start on it."""
    titles = ("iperf3, container to container", "start on a named network")
    try:
        for tool in (hull, podman):
            tool.run("network", "create", NETWORK)
        with contextlib.ExitStack() as stack:
            samples = [_between(tool, stack) for tool in (hull, podman)]
            yield _throughput(titles[0].partition(", ")[2], *samples, least=1.0)
        words = ("run", "--rm", "--network", NETWORK, IMAGE, "true")
        argv = place.podman(*words[:2], "--cgroups=disabled", *words[2:])
        ours = Side("hull run --network NAME", "", lambda: process(place.hull.argv(*words), place.hull.env()))
        yield compare(
            titles[1], ours, Side("podman run --network NAME", version("podman"), lambda: process(argv)), RUNS
        )
    except (OSError, RuntimeError, KeyError) as error:
        yield Skipped("named networks", f"one of the two has none here: {error}")
    finally:
        for tool in (hull, podman):
            with contextlib.suppress(RuntimeError):
                tool.run("network", "rm", "-f", NETWORK)


def _between(tool: Tool, stack: contextlib.ExitStack) -> Sample:
    words = ("--network", NETWORK, pair.IMAGE)
    server = stack.enter_context(tool.container("server", *words, "/usr/bin/iperf3", "-s"))
    stack.enter_context(tool.container("flow", *words, "sleep", "3600"))
    return _inside(tool, tool.address(server, NETWORK), 5201)

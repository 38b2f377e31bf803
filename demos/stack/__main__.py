"""A real stack on two networks: `python -m demos.stack`, as an ordinary user with a subordinate range, or as root.

    browser → 127.0.0.1:PORT → web (nginx) ─ front ─ app (gunicorn, Flask) ─ back (internal) ─ db (PostgreSQL) ─ volume
                                                                             back ─ bench (pgbench)

One Debian image holds all of it; each container runs a part. Nothing is left at the end.
"""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from demos.debian import Debian
from demos.story import Stage, StepError, expect, perform, say, show
from tests import imagebuild

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = "postgresql,postgresql-client,nginx-light,python3-flask,python3-psycopg2,gunicorn"
LEAN = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/lib/*/libLLVM*", "/usr/lib/*/libz3*")
MMDEBSTRAP = (f"--include={PACKAGES}", *(f"--dpkgopt=path-exclude={path}" for path in LEAN))
IMAGE = "stack"
CLUSTER = "/var/lib/postgresql/15/main"
POSTGRES = (
    "/usr/lib/postgresql/15/bin/postgres",
    *("-D", CLUSTER, "-c", "config_file=/etc/postgresql/15/main/postgresql.conf"),
    *("-c", "hba_file=/stack/pg_hba.conf", "-c", "listen_addresses=*"),
    *("-c", "unix_socket_directories=/tmp", "-c", "jit=off"),
)
FOREIGN = "198.51.100.9"
OUTSIDE = f"import os, socket; print(os.strerror(socket.socket().connect_ex(('{FOREIGN}', 80))))"
PATIENCE = 60.0
BENCH_SECONDS = 8


def main() -> int:
    return perform("stack", lambda _: Debian(IMAGE, "mmdebstrap"), play, clear)


def play(stage: Stage) -> None:
    """Build, use, harm and mend the stack."""
    prepare(stage)
    port = rise(stage)
    first = visits(port)
    apart(stage)
    under_load(stage, port)
    kept(stage, port, first)
    gone(stage)


def prepare(stage: Stage) -> None:
    say("1. An image of Debian's packages, two networks, a volume")
    layer = imagebuild.debian_layer(flavour="stack", words=MMDEBSTRAP)
    stage.hull("import", "-", IMAGE, input=layer, check=True, timeout=300)
    show(stage, "network", "create", "front")
    show(stage, "network", "create", "--internal", "back")
    show(stage, "volume", "create", "data")


def rise(stage: Stage) -> int:
    """Start the stack; return the port of this machine."""
    say("2. PostgreSQL, the application, nginx")
    database(stage)
    words = ("--network", "back", "--network", "front", "-e", "DATABASE=db", "-u", "www-data", "-w", "/stack")
    detach(stage, "app", *words, run=("gunicorn", "--bind", "0.0.0.0:8000", "app:app"))
    await_exec(stage, "app", "python3", "-c", "import socket; socket.create_connection(('app', 8000))")
    detach(stage, "web", "--network", "front", "-p", "127.0.0.1::80", run=("nginx", "-c", "/stack/nginx.conf"))
    told = show(stage, "port", "web", "80").decode()
    return int(told.rpartition(":")[2])


def database(stage: Stage) -> None:
    """Start PostgreSQL over the volume; the first time, that is filled with the image's cluster."""
    detach(stage, "db", "--network", "back", "-v", "data:/var/lib/postgresql", "-u", "postgres", run=POSTGRES)
    await_exec(stage, "db", "pg_isready", "-q", "-h", "db")


def visits(port: int) -> int:
    """Visit twice; return the count."""
    say("3. Through the published port, nginx and the application into the database")
    first, second = until(lambda: visit(port)), visit(port)
    print(f"visit {first}, visit {second}")
    expect(second == first + 1, "the visits were not counted")
    return second


def apart(stage: Stage) -> None:
    """Show that nginx cannot reach the database, and the database nothing outside."""
    say("4. front and back do not reach each other, and back is internal")
    address = inspect(stage, "db", "{{.NetworkSettings.Networks.back.IPAddress}}")
    asks = ("pg_isready", "-t", "3", "-h")  # a connection alone may be to a gateway that answers for every address
    for name, host, there in (("app", address, 0), ("web", address, 2), ("web", "db", 2)):
        told = stage.hull("exec", name, *asks, host, timeout=30)
        print(f"{name}: {told.stdout.decode().strip()}")
        expect(told.returncode == there, f"{name} asked {host} and got {told.returncode}")
    outside = stage.hull("exec", "db", "python3", "-c", OUTSIDE, timeout=30)
    print(f"db to {FOREIGN}: {outside.stdout.decode().strip()}")
    expect(outside.stdout == b"Network is unreachable\n", "the database reached outside")


def under_load(stage: Stage, port: int) -> None:
    """Take the application off the front and put it back while pgbench is at the database."""
    say("5. pgbench from a third container; meanwhile the application leaves the front network and comes back")
    bench = ("run", "--rm", "--network", "back", "-u", "postgres", "-w", "/tmp", IMAGE)
    stage.hull(*bench, "pgbench", "-i", "-q", "-h", "db", "postgres", check=True, timeout=120)
    words = ("pgbench", "-h", "db", "-c", "4", "-T", str(BENCH_SECONDS), "postgres")
    with stage.hull.popen(*bench, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        expect(visit(port) > 0, "no visit under load")
        show(stage, "network", "disconnect", "front", "app")
        expect(visit(port) == -1, "the application answered though it had left")
        show(stage, "network", "connect", "front", "app")
        expect(until(lambda: visit(port)) > 0, "the application did not come back")
        expect(running.poll() is None, "pgbench ended before the networks had changed")
        told, errors = running.communicate(timeout=60)
    print(told.decode())
    expect(running.returncode == 0, f"pgbench failed: {errors.decode()}")
    expect(b"number of failed transactions: 0 " in told, "transactions failed")
    expect(float(re.findall(rb"tps = ([0-9.]+)", told)[0]) > 0, "there were no transactions")


def kept(stage: Stage, port: int, before: int) -> None:
    say("6. The database's container is removed and run again: what it stored is there")
    show(stage, "stop", "db")
    show(stage, "rm", "db")
    expect(visit(port) == -1, "the application answered without its database")
    database(stage)
    now = until(lambda: visit(port))
    print(f"visit {now}")
    expect(now > before, f"the count was {before}, it is {now}: the data is lost")


def gone(stage: Stage) -> None:
    say("7. Everything goes")
    show(stage, "rm", "-f", "web", "app", "db")
    show(stage, "network", "rm", "front", "back")
    show(stage, "volume", "rm", "data")
    expect(not show(stage, "ps", "-a", "-q").strip(), "a container was left behind")
    expect(b"front" not in show(stage, "network", "ls"), "a network was left behind")


def clear(stage: Stage) -> None:
    """Remove what a failure left."""
    stage.hull("rm", "-f", "web", "app", "db")


def detach(stage: Stage, name: str, *flags: str, run: tuple[str, ...]) -> None:
    show(stage, "run", "-d", "--name", name, "-v", f"{HERE}:/stack:ro", *flags, IMAGE, *run)


def await_exec(stage: Stage, name: str, *words: str) -> None:
    """Wait until a program in the container succeeds."""
    try:
        until(lambda: 1 if stage.hull("exec", name, *words).returncode == 0 else -1, f"{name} to be ready")
    except StepError:
        show(stage, "logs", name)
        raise


def until(answer: Callable[[], int], what: str = "an answer") -> int:
    """Return the first answer that is not -1."""
    end = time.monotonic() + PATIENCE
    while (found := answer()) == -1:
        if time.monotonic() > end:
            raise StepError(f"waited {PATIENCE:g} s for {what}")
        time.sleep(0.1)
    return found


def visit(port: int) -> int:
    """Return the count that the page tells, -1 where it cannot be had."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
            return int(re.findall(r"visit (\d+)", answer.read().decode())[0])
    except (urllib.error.URLError, ConnectionError):
        return -1


def inspect(stage: Stage, name: str, template: str) -> str:
    return stage.hull("inspect", "-f", template, name, check=True).stdout.decode().strip()


if __name__ == "__main__":
    sys.exit(main())

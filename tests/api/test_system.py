"""What the engine says of itself, and what a client makes of it."""

import pytest


def test_info_counts_what_the_store_holds(server):
    found = server.request("GET", "/info").json
    assert found["Images"] >= 1
    assert found["Containers"] == found["ContainersRunning"] + found["ContainersPaused"] + found["ContainersStopped"]
    assert found["CgroupDriver"] in ("cgroupfs", "none")
    assert bool(found["Warnings"]) is not all(found[key] for key in ("MemoryLimit", "CPUShares", "CPUSet", "PidsLimit"))


@pytest.mark.needs("program:docker")
def test_the_docker_client_prints_both(server):
    said = server.docker("version", check=True).stdout.decode()
    assert "Server: hull\n Engine:\n  Version:          28." in said
    assert "(minimum version 1.24)" in said
    done = server.docker("info", check=True)
    assert b"Cgroup Version: 2" in done.stdout
    assert b"ERROR" not in done.stdout + done.stderr
    words = [line for line in done.stderr.decode().splitlines() if line]
    assert all(line.startswith("WARNING: No ") for line in words)

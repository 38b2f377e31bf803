"""The flags of run, create and exec for those who check types. A test holds them equal to the verbs' own."""

import os
from collections.abc import Iterable, Mapping
from typing import TypedDict

from hull.objects.values import Network

Word = str | os.PathLike[str]
Words = Word | Iterable[Word]
Pairs = Words | Mapping[str, str | None]


class Asked(TypedDict, total=False):
    """What run and create take."""

    interactive: bool
    tty: bool
    rm: bool
    name: Word
    env: Pairs
    env_file: Words
    workdir: Word | None
    user: Word | None
    group_add: Words
    volume: Words
    mount: Words
    tmpfs: Words
    read_only: bool
    network: Words | Network
    network_alias: Words
    ip: Word
    ip6: Word
    mac_address: Word
    volumes_from: Words
    publish: Words
    publish_all: bool
    host_loopback: bool
    http_proxy: bool | None
    link_local: bool
    egress: Words
    hostname: Word | None
    add_host: Words
    dns: Words
    dns_search: Words
    dns_option: Words
    entrypoint: Word | None
    cap_add: Words
    cap_drop: Words
    security_opt: Words
    privileged: bool
    device: Words
    ulimit: Words
    shm_size: Word | None
    sysctl: Pairs
    memory: Word | None
    memory_swap: Word | None
    cpus: float | None
    cpuset_cpus: Word | None
    pids_limit: int | None
    memory_reservation: Word | None
    memory_swappiness: int | None
    oom_kill_disable: bool
    oom_score_adj: int | None
    cpu_shares: int | None
    blkio_weight: int | None
    device_read_bps: Words
    device_write_bps: Words
    device_read_iops: Words
    device_write_iops: Words
    init: bool
    pull: Word
    platform: Word
    label: Pairs
    stop_signal: Word | None
    stop_timeout: float | None
    userns: Word
    pid: Word
    ipc: Word
    uts: Word
    restart: Word
    log_driver: Word
    log_opt: Words
    health_cmd: Word | None
    health_interval: Word | None
    health_timeout: Word | None
    health_retries: int | None
    health_start_period: Word | None
    health_start_interval: Word | None
    no_healthcheck: bool
    checkpoint: Word


class Within(TypedDict, total=False):
    """What exec takes."""

    interactive: bool
    tty: bool
    env: Pairs
    env_file: Words
    workdir: Word | None
    user: Word | None


class Tried(TypedDict, total=False):
    """What try takes, its name left out."""

    on: Word
    from_: Word
    engine_: Word
    net: bool
    rw: Words
    hide: Words
    show: Words
    allow: Words
    egress: Words
    profile: Word
    env: Pairs
    workdir: Word
    record: bool
    checkpoint: Word
    memory: Word | None
    cpus: float | None
    pids_limit: int | None
    ulimit: Words

"""Which verbs another engine carries out, by what, and which of their flags Docker's API has words for."""

from hull.light import NamedTuple

INSTEAD = {
    "try": "hull run on that context starts from an image; a try is of the machine that one sits at",
    "keep": "a try is of the machine that one sits at: hull try, without --context",
    "undo": "a try is of the machine that one sits at: hull try, without --context",
    "drop": "a try is of the machine that one sits at: hull try, without --context",
    "enter": "hull exec -it CONTAINER sh",
    "checkpoint": "hull commit CONTAINER NAME",
    "ui": "hull ps, hull stats and hull logs -f",
    "tags": "hull search, or hull tags without --context: it asks a registry, not an engine",
    "copy": "hull copy without --context: it is between registries",
}  # fmt: skip


class Row(NamedTuple):
    """Where a verb's remote half is, and the flags that it knows."""

    module: str
    function: str
    flags: tuple[str, ...]


def _row(where: str, flags: str = "") -> Row:
    module, _, function = where.partition(":")
    return Row(module, function, tuple(flags.split()))


_STARTS = """
    interactive tty rm name env env_file workdir user group_add volume mount tmpfs volumes_from read_only network
    network_alias ip ip6 mac_address publish publish_all hostname add_host dns dns_search dns_option entrypoint cap_add
    cap_drop security_opt privileged device ulimit shm_size sysctl memory memory_swap cpus cpuset_cpus pids_limit
    memory_reservation memory_swappiness oom_kill_disable oom_score_adj cpu_shares blkio_weight device_read_bps
    device_write_bps device_read_iops device_write_iops init pull platform label stop_signal stop_timeout userns restart
    pid ipc uts log_driver log_opt health_cmd health_interval health_timeout health_retries health_start_period
    health_start_interval no_healthcheck http_proxy cidfile
"""
_LIMITS = "memory memory_swap memory_reservation cpus cpu_shares cpuset_cpus pids_limit blkio_weight restart"

TABLE = {
    "run": _row("running:run", f"{_STARTS} detach attach detach_keys sig_proxy"),
    "create": _row("creating:create", _STARTS),
    "exec": _row("executing:exec_", "detach interactive tty env env_file workdir user"),
    "attach": _row("running:attach", "no_stdin detach_keys sig_proxy"),
    "start": _row("running:start", "attach interactive detach_keys sig_proxy"),
    "stop": _row("living:stop", "time signal_"),
    "restart": _row("living:restart", "time signal"),
    "kill": _row("living:kill", "signal"),
    "pause": _row("living:pause"),
    "unpause": _row("living:unpause"),
    "rm": _row("living:rm", "force volumes"),
    "rename": _row("living:rename"),
    "wait": _row("living:wait"),
    "update": _row("living:update", _LIMITS),
    "ps": _row("listing:ps", "all filter last latest size quiet no_trunc all_contexts"),
    "inspect": _row("listing:inspect", "size type"),
    "logs": _row("looking:logs", "follow tail since until timestamps details"),
    "top": _row("looking:top"),
    "stats": _row("looking:stats", "all no_stream no_trunc"),
    "port": _row("looking:port"),
    "diff": _row("looking:diff"),
    "events": _row("looking:events", "filter format since until"),
    "images": _row("images:images", "all quiet digests no_trunc filter all_contexts"),
    "pull": _row("images:pull", "all_tags quiet platform"),
    "push": _row("images:push", "all_tags quiet"),
    "tag": _row("images:tag"),
    "untag": _row("images:untag"),
    "rmi": _row("images:rmi", "force"),
    "history": _row("images:history", "quiet no_trunc human"),
    "search": _row("images:search", "limit filter no_trunc"),
    "commit": _row("images:commit", "author change message pause"),
    "image": _row("pruning:image", "all filter force"),
    "prune": _row("pruning:prune", "force filter"),
    "system": _row("pruning:system", "all volumes filter force"),
    "load": _row("archives:load", "input quiet"),
    "save": _row("archives:save", "output quiet"),
    "import": _row("archives:import_", "change message platform"),
    "export": _row("archives:export", "output"),
    "cp": _row("copying:cp", "archive follow_link quiet"),
    "build": _row(
        "building:build",
        "file tag target build_arg label platform network no_cache pull squash add_host shm_size ulimit iidfile quiet "
        "cache_from progress",
    ),
    "network": _row(
        "networks:network",
        "subnet gateway ip_range aux_address ipv4 ipv6 attachable internal label opt driver alias ip ip6 mac_address "
        "link link_local_ip driver_opt force filter quiet no_trunc",
    ),
    "volume": _row("networks:volume", "label opt driver quiet filter all force"),
    "version": _row("looking:version"),
}

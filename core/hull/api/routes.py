"""The table of routes: Docker's own, whole; services of a swarm and plugins are answered as Docker does without any.

`handler` is MODULE:FUNCTION below hull.api.handlers. A `{name}` that may hold slashes says so: images are named so.
"""

from typing import NamedTuple

from hull.docker.versions import OLDEST, Version

NAME = "{name:.+}"


class Route(NamedTuple):
    """One line of the table."""

    method: str
    path: str
    handler: str
    since: Version = Version(*OLDEST)


def _rows(module: str, *lines: str) -> tuple[Route, ...]:
    """Return routes of one module, each line METHOD PATH FUNCTION [SINCE]."""
    made = []
    for line in lines:
        method, path, function, *since = line.split()
        first = Version(*map(int, since[0].split("."))) if since else Version(*OLDEST)
        made.append(Route(method, path.replace("{name*}", NAME), f"{module}:{function}", first))
    return tuple(made)


TABLE: tuple[Route, ...] = (
    *_rows(
        "system",
        "GET /_ping ping",
        "HEAD /_ping ping",
        "GET /version version",
        "GET /info info",
    ),
    *_rows("usage", "GET /system/df df"),
    *_rows("events", "GET /events listen"),
    *_rows("auth", "POST /auth check"),
    *_rows(
        "containers",
        "GET /containers/json listed",
        "POST /containers/create create",
        "POST /containers/prune prune 1.25",
        "GET /containers/{id:.+}/json inspect",
        "GET /containers/{id}/top top",
        "GET /containers/{id}/changes changes",
        "GET /containers/{id}/stats stats",
        "POST /containers/{id}/stop stop",
        "POST /containers/{id}/restart restart",
        "POST /containers/{id}/kill kill",
        "POST /containers/{id}/update update",
        "POST /containers/{id}/rename rename",
        "POST /containers/{id}/pause pause",
        "POST /containers/{id}/unpause unpause",
        "DELETE /containers/{id:.+} remove",
    ),
    *_rows(
        "starting",
        "POST /containers/{id}/start start",
        "POST /containers/{id}/wait wait",
    ),
    *_rows(
        "streams",
        "GET /containers/{id}/logs logs",
        "POST /containers/{id}/attach attach",
        "GET /containers/{id}/attach/ws websocket",
        "POST /containers/{id}/resize resize",
    ),
    *_rows(
        "execs",
        "POST /containers/{id}/exec create",
        "POST /exec/{id}/start start",
        "POST /exec/{id}/resize resize",
        "GET /exec/{id}/json inspect",
    ),
    *_rows(
        "archives",
        "GET /containers/{id}/archive get",
        "HEAD /containers/{id}/archive head",
        "PUT /containers/{id}/archive put",
        "GET /containers/{id}/export export",
    ),
    *_rows(
        "images",
        "GET /images/json listed",
        "POST /images/create create",
        "POST /images/load load",
        "POST /images/prune prune 1.25",
        "GET /images/get save_several",
        "GET /images/search search",
        "GET /images/{name*}/json inspect",
        "GET /images/{name*}/history history",
        "GET /images/{name*}/get save",
        "POST /images/{name*}/push push",
        "POST /images/{name*}/tag tag",
        "DELETE /images/{name*} remove",
        "POST /commit commit",
        "GET /distribution/{name*}/json distribution 1.30",
    ),
    *_rows(
        "build",
        "POST /build build",
        "POST /build/prune prune 1.31",
        "POST /build/cancel cancel 1.39",
        "POST /session session 1.31",
        "POST /grpc grpc 1.38",
    ),
    *_rows(
        "networks",
        "GET /networks listed",
        "GET /networks/ listed",
        "POST /networks/create create",
        "POST /networks/prune prune 1.25",
        "GET /networks/{id} inspect",
        "DELETE /networks/{id} remove",
        "POST /networks/{id}/connect connect",
        "POST /networks/{id}/disconnect disconnect",
    ),
    *_rows(
        "volumes",
        "GET /volumes listed",
        "POST /volumes/create create",
        "POST /volumes/prune prune 1.25",
        "GET /volumes/{name} inspect",
        "PUT /volumes/{name} update 1.42",
        "DELETE /volumes/{name} remove",
    ),
    *_rows("holding", "POST /hull/hold hold"),
    *_rows(
        "plugins",
        "GET /plugins installed",
        "GET /plugins/privileges refuse",
        "POST /plugins/{rest:.+} refuse",
        "GET /plugins/{rest:.+} missing",
        "DELETE /plugins/{rest:.+} missing",
    ),
    *_rows(
        "swarm",
        "GET /swarm inspect",
        "POST /swarm/init begin",
        "POST /swarm/join join",
        "POST /swarm/leave leave",
        "POST /swarm/update update",
        "GET /swarm/unlockkey key",
        "POST /swarm/unlock unlock",
        "GET /nodes nodes",
        "GET /nodes/{id} node",
        "POST /nodes/{id}/update update_node",
        "DELETE /nodes/{id} remove_node",
        "GET /{kind:services|tasks|secrets|configs} none",
        "POST /{kind:services|secrets|configs}/create refuse",
        "GET /{kind:services|tasks|secrets|configs}/{id} missing",
        "GET /{kind:services|tasks}/{id}/logs missing",
        "POST /{kind:services|secrets|configs}/{id}/update missing",
        "DELETE /{kind:services|secrets|configs}/{id} missing",
    ),
)

"""What an API older than a field would leave out without a word: refused by name. Source: Docker's API history."""

from hull.errors import Unsupported
from hull.model import Spec
from hull.remote.there import There


def check(there: There, what: str, since: str, instead: str = "leave it out") -> None:
    """Refuse `what` where the API that both speak is older."""
    if not speaks(there, since):
        spoken = there.client.version()
        raise Unsupported(
            f"cannot use {what} on {there.context.name}: it came with version {since} of the API, spoken is {spoken}",
            f"update that engine, or {instead}",
        )


def speaks(there: There, version: str) -> bool:
    """Whether the API that both speak is at least this one."""
    return _number(there.client.version()) >= _number(version)


def check_spec(there: There, spec: Spec) -> None:
    """Refuse what of a container's spec an older engine would not see."""
    kinds = {mount.kind for mount in spec.mounts}
    options = {option.partition("=")[0] for mount in spec.mounts for option in mount.options}
    young = (
        ("--platform", "1.41", bool(spec.platform)),
        ("--health-start-interval", "1.44", spec.health is not None and bool(spec.health.start_interval)),
        ("--mac-address", "1.44", any(one.mac for one in spec.networks) and not there.client.podman),
        ("a mount's subpath", "1.45", "subpath" in options),
        ("a mount of an image", "1.48", "image" in kinds),
    )
    for what, since, asked in young:
        if asked:
            check(there, what, since)


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))

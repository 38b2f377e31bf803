"""What a try is given under one name, `hull try --profile NAME`: one table here, more of them in config.toml.

[try]
profile = "agent"               # where no --profile is said

[try.profiles.mine]
like = "agent"                  # what is not said below is that one's
network = true                  # a network of its own with a way out
egress = ["dns", "example.org:443"]
rw = ["~/scratch"]              # allow, hide, show, env likewise: lists, beside those of the flags
"""

from hull.errors import UserError
from hull.light import TYPE_CHECKING, Any, NamedTuple
from hull.model import from_json

if TYPE_CHECKING:
    from hull.config import Settings
    from hull.model import Spec

DEFAULT = "default"
MOST_PROCESSES = 4096


class Profile(NamedTuple):
    """What a try is given where its flags say nothing.

    `network` is whether it has a way out, `egress` what it may reach then (() is everything), `named` whether --net
    needs these words said. `keep_id` runs as the caller's own uid in place of root. `home` is whether the home
    directory is seen, the current directory always is. `logins` shows a coding agent its own login. `processes` is how
    many one user may have inside, 0 without limit. `allow`, `hide`, `show`, `rw` and `env` add to what flags say.
    """

    name: str
    summary: str = ""
    network: bool = False
    egress: tuple[str, ...] = ()
    named: bool = False
    keep_id: bool = False
    home: bool = True
    logins: bool = False
    processes: int = MOST_PROCESSES
    allow: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    show: tuple[str, ...] = ()
    rw: tuple[str, ...] = ()
    env: tuple[str, ...] = ()

    def userns(self, *, keeps: bool) -> str:
        """Return how ids are mapped, as --userns has it; where one's uid cannot be kept, root inside is the caller."""
        return "keep-id" if self.keep_id and keeps else "auto"


PROFILES = (
    Profile(DEFAULT, "root inside, no network, secrets hidden"),
    Profile(
        "agent",
        "your own uid, for coding agents: no network until --net says with --egress where to; its own login is shown",
        named=True,
        keep_id=True,
        logins=True,
    ),
    Profile("install", "root inside with a network, for installers and package managers", network=True),
    Profile("offline", "your own uid, no network", keep_id=True),
    Profile(
        "strict",
        "your own uid, no network, of home the current directory alone (and the names beside it)",
        keep_id=True,
        home=False,
    ),
)


def find(settings: "Settings", name: str = "") -> Profile:
    """Return the profile of that name, the user's own first; "" is [try] profile, else the default."""
    known = table(settings)
    wanted = name or chosen(settings)
    if wanted not in known:
        raise UserError(f"cannot use the profile {wanted}: there is none of that name", f"there are {', '.join(known)}")
    return known[wanted]


def chosen(settings: "Settings") -> str:
    """Return the name of the profile that is used where none is said."""
    name = _try(settings).get("profile", DEFAULT)
    if not isinstance(name, str):
        raise UserError(f"cannot use {settings.path}: profile in [try] is no name", f'profile = "{DEFAULT}"')
    return name


def table(settings: "Settings") -> dict[str, Profile]:
    """Return every profile by its name, hull's and those of the settings."""
    known = {profile.name: profile for profile in PROFILES}
    own = _try(settings).get("profiles", {})
    if not isinstance(own, dict) or not all(isinstance(value, dict) for value in own.values()):
        raise UserError(f"cannot use {settings.path}: [try.profiles] is no table of tables", "see docs/TRY.md")
    for name, values in own.items():
        known[name] = _read(settings.path, name, values, known)
    return known


def _try(settings: "Settings") -> dict[str, Any]:
    found = settings.tables.get("try", {})
    if not isinstance(found, dict):
        raise UserError(f"cannot use {settings.path}: [try] is no table", "see docs/TRY.md")
    return found


def _read(path: str, name: str, values: dict[str, Any], known: dict[str, Profile]) -> Profile:
    values = dict(values)
    like = values.pop("like", DEFAULT)
    if not isinstance(like, str) or like not in known:
        raise UserError(
            f"cannot use {path}: the profile {name} is like {like!r}, which is none above it",
            f"there are {', '.join(known)}",
        )
    base = known[like]._replace(name=name, summary=f"like {like}")
    unknown = set(values) - (set(Profile._fields) - {"name"})
    if unknown:
        raise UserError(
            f"cannot use {path}: unknown setting {min(unknown)!r} in the profile {name}",
            f"known are like, {', '.join(Profile._fields[1:])}",
        )
    for key, value in values.items():
        if not _sound(value, getattr(base, key)):
            raise UserError(f"cannot use {path}: {key} of the profile {name} has the wrong type", "see docs/TRY.md")
    return base._replace(**from_json(values))


def _sound(value: object, usual: object) -> bool:
    if isinstance(usual, tuple):
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return type(value) is type(usual) and not (isinstance(value, int) and value < 0)


def network(spec: "Spec", profile: Profile, reached: tuple[str, ...] = ()) -> "Spec":
    """Return the spec with the profile's network where nothing was said; `reached` is what its holes need.

    UserError where the profile wants words for what is reached, and nobody has any.
    """
    way = "default" if profile.network and spec.network == "none" else spec.network
    words = spec.egress or (*profile.egress, *reached)
    if way == "none":
        return spec._replace(egress=())
    if profile.named and not words:
        raise UserError(
            f"cannot open the network of the profile {profile.name}: nobody says what it may reach",
            "name it (--egress dns --egress example.org:443), or say --egress all",
        )
    return spec._replace(network=way, egress=tuple(dict.fromkeys(words)))

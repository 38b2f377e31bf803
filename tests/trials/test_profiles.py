"""Profiles of tries: hull's table, the user's own, and what each makes of a spec."""

import pytest
from hull.config import Settings
from hull.errors import UserError
from hull.model import Spec, Trial, Ulimit
from hull.trials import box, holes_open, profiles
from hull.trials.environment import Around

AROUND = Around({}, "/home/u", "/home/u/project")


def _settings(**tables: object) -> Settings:
    return Settings("config.toml", {"try": tables})


def _spec(*command: str, profile: str = "", **fields: object) -> Spec:
    return Spec("host", command=command, network="none", trial=Trial(profile=profile))._replace(**fields)


@pytest.mark.parametrize("profile", profiles.PROFILES, ids=lambda profile: profile.name)
def test_every_profile_is_found_and_says_what_it_is(profile: profiles.Profile) -> None:
    assert profiles.find(_settings(), profile.name) == profile
    assert profile.summary


def test_nothing_said_is_the_default_or_that_of_the_settings() -> None:
    assert profiles.find(_settings()).name == "default"
    assert profiles.find(_settings(profile="agent")).name == "agent"


def test_an_unknown_one_is_an_error_with_the_list() -> None:
    with pytest.raises(UserError, match="profile nope") as caught:
        profiles.find(_settings(), "nope")
    assert "agent" in caught.value.hint


def test_ones_own_is_like_another_but_for_what_it_says() -> None:
    settings = _settings(profiles={"mine": {"like": "agent", "network": True, "egress": ["dns"], "rw": ["~/s"]}})
    found = profiles.find(settings, "mine")
    assert (found.keep_id, found.network, found.egress, found.rw) == (True, True, ("dns",), ("~/s",))


@pytest.mark.parametrize(
    "profiles_",
    [
        [],
        {"a": 1},
        {"a": {"like": "nope"}},
        {"a": {"like": 3}},
        {"a": {"netwrok": True}},
        {"a": {"name": "b"}},
        {"a": {"network": "yes"}},
        {"a": {"egress": "dns"}},
        {"a": {"hide": [1]}},
        {"a": {"processes": -1}},
        {"a": {"processes": True}},
    ],
)
def test_a_wrong_table_is_an_error_that_names_the_file(profiles_: object) -> None:
    with pytest.raises(UserError, match=r"config\.toml"):
        profiles.table(_settings(profiles=profiles_))


def test_the_default_is_closed_and_bounds_processes() -> None:
    spec = box.settle(_spec("true"), _settings(), AROUND)
    assert (spec.network, spec.egress, spec.userns, spec.devices) == ("none", (), "auto", ())
    assert spec.ulimits == (Ulimit("nproc", profiles.MOST_PROCESSES, profiles.MOST_PROCESSES),)
    assert spec.trial == Trial(profile="default")


def test_ones_own_limit_of_processes_stands() -> None:
    mine = (Ulimit("nproc", 9, 9),)
    assert box.settle(_spec("true", ulimits=mine), _settings(), AROUND).ulimits == mine


def test_an_agent_keeps_its_uid_and_its_own_login_alone() -> None:
    spec = box.settle(_spec("/opt/bin/claude", "-p", profile="agent"), _settings(), AROUND)
    assert spec.network == "none"
    assert spec.userns == "keep-id"
    assert box.settle(_spec("sh", profile="agent"), _settings(), AROUND, keeps=False).userns == "auto"
    assert spec.trial is not None
    assert spec.trial.allow == ("claude",)
    assert box.settle(_spec("claude"), _settings(), AROUND).trial == Trial(profile="default")


def test_an_agents_network_needs_words() -> None:
    open_ = {"profile": "agent", "network": "default"}
    with pytest.raises(UserError, match="what it may reach"):
        box.settle(_spec("sh", **open_), _settings(), AROUND)
    assert box.settle(_spec("sh", egress=("dns",), **open_), _settings(), AROUND).egress == ("dns",)
    assert "dns" in box.settle(_spec("claude", **open_), _settings(), AROUND).egress


def test_install_opens_the_network_and_offline_does_not() -> None:
    assert box.settle(_spec("sh", profile="install"), _settings(), AROUND).network == "default"
    assert box.settle(_spec("sh", profile="offline"), _settings(), AROUND).network == "none"


def test_a_profiles_paths_count_from_home_and_the_working_directory() -> None:
    settings = _settings(profiles={"p": {"hide": ["~/x", ".env"], "show": ["/y"], "rw": ["out"]}})
    trial = box.settle(_spec("sh", profile="p"), settings, AROUND).trial
    assert trial is not None
    assert (trial.hide, trial.show) == (("/home/u/x", "/home/u/project/.env"), ("/y",))
    assert trial.writable == ("/home/u/project/out",)


def test_variables_of_holes_are_passed_on() -> None:
    profile = profiles.find(_settings(profiles={"p": {"env": ["MY_TOKEN"]}}), "p")
    names = box.wanted(Trial(allow=("gh",)), profile)
    assert {"MY_TOKEN", "GH_TOKEN"} <= set(names)
    assert holes_open.followed(("/opt/claude",)) == ("claude",)

import pytest
from hull import config
from hull.config import RegistrySettings
from hull.errors import UserError


def load(tmp_path, text):
    (tmp_path / "config.toml").write_text(text)
    return config.load(str(tmp_path))


def test_no_file_is_an_empty_one(tmp_path):
    assert config.load(str(tmp_path)).registry("h:1") == RegistrySettings()


def test_a_registry_s_settings(tmp_path):
    found = load(tmp_path, '[registry."h:1"]\ninsecure = true\nca = "/x"\nmirror = "https://m"\n')
    assert found.registry("h:1") == RegistrySettings(True, "/x", "https://m")
    assert found.registry("h:1").asked_first == ("https://m",)
    assert found.registry("h:2") == RegistrySettings()


def test_several_mirrors_and_a_certificate(tmp_path):
    text = '[registry."h:1"]\nmirror = "a"\nmirrors = ["b", "c"]\ncert = "/c"\nkey = "/k"\n'
    found = load(tmp_path, text).registry("h:1")
    assert found.asked_first == ("a", "b", "c")
    assert (found.cert, found.key) == ("/c", "/k")


@pytest.mark.parametrize(
    "text",
    [
        "registry = 1",
        '[registry]\n"h:1" = 2',
        '[registry."h:1"]\nmirrors = "x"',
        '[registry."h:1"]\nmirrors = [1]',
        "[",
        '[registry."h:1"]\ninsecur = true',
        '[registry."h:1"]\ninsecure = "yes"',
        "\xff",
    ],
)
def test_a_mistake_is_named_with_the_file(tmp_path, text):
    with pytest.raises(UserError, match=r"config\.toml"):
        load(tmp_path, text).registry("h:1")

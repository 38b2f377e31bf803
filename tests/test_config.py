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
    assert found.registry("h:2") == RegistrySettings()


@pytest.mark.parametrize(
    "text", ["[", '[registry."h:1"]\ninsecur = true', '[registry."h:1"]\ninsecure = "yes"', "\xff"]
)
def test_a_mistake_is_named_with_the_file(tmp_path, text):
    with pytest.raises(UserError, match=r"config\.toml"):
        load(tmp_path, text).registry("h:1")

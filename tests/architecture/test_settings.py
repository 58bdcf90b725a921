import base64
import re
from pathlib import Path

import msgspec
import pytest

from entrypoints.settings import Environment, Settings, WrongSettings

EXAMPLE = (Path(__file__).parents[2] / ".env.example").read_text()
KEY = base64.b64encode(b"k" * 32).decode()


def test_the_example_names_every_setting_and_no_other() -> None:
    named = re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE)
    assert sorted(named) == sorted(f.name.upper() for f in msgspec.structs.fields(Settings))


def test_the_example_holds_the_defaults() -> None:
    environ = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    assert Settings.load(environ) == Settings()


def test_all_wrong_values_are_named_at_once() -> None:
    with pytest.raises(WrongSettings) as raised:
        Settings.load({"PORT": "eighty", "WEB_WORKERS": "0", "ENVIRONMENT": "home"})
    assert {line.split(":")[0] for line in str(raised.value).splitlines()} == {
        "PORT",
        "WEB_WORKERS",
        "ENVIRONMENT",
    }


def test_production_refuses_to_start_insecurely() -> None:
    with pytest.raises(WrongSettings) as raised:
        Settings.load({"ENVIRONMENT": "production", "CORS_ORIGINS": "*"})
    assert len(str(raised.value).splitlines()) == 3

    safe = {
        "ENVIRONMENT": "production",
        "ENCRYPTION_KEY": KEY,
        "PUBLIC_URL": "https://api.example.org",
    }
    settings = Settings.load(safe)
    assert settings.environment is Environment.PRODUCTION
    assert not settings.shows_docs
    assert settings.allowed_origins == ()


def test_origins_come_as_a_list_or_with_commas() -> None:
    wanted = ("https://a.example", "https://b.example")
    for text in (
        '["https://a.example","https://b.example"]',
        "https://a.example, https://b.example",
    ):
        assert Settings.load({"CORS_ORIGINS": text}).allowed_origins == wanted


def test_the_key_of_a_development_machine_is_made_once_and_is_private(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.encryption_keys() == settings.encryption_keys()
    assert (tmp_path / "encryption.key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(WrongSettings, match="ENCRYPTION_KEY"):
        Settings.load({"ENCRYPTION_KEY": "changeme"})


def test_half_a_provider_is_refused() -> None:
    with pytest.raises(WrongSettings) as raised:
        Settings.load({"GOOGLE_CLIENT_ID": "x", "OIDC_ISSUER": "https://id.example.org"})
    assert {line.split(":")[0] for line in str(raised.value).splitlines()} == {
        "GOOGLE_CLIENT_SECRET",
        "OIDC_CLIENT_ID",
        "OIDC_CLIENT_SECRET",
    }


@pytest.mark.parametrize("name", ["google", "github", "Mine", "a/b", "", "x" * 21])
def test_an_issuer_has_a_name_of_its_own(name: str) -> None:
    with pytest.raises(WrongSettings, match="OIDC_NAME"):
        Settings.load({"OIDC_NAME": name or " "})

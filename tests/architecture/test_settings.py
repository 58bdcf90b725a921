import base64
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.environment import ALIASES, SECRETS, load
from entrypoints.settings import Environment, JwtAlgorithm, Settings, WrongSettings
from tests.architecture.environments import KEY, SAFE, SECRET, complaints

EXAMPLE = (Path(__file__).parents[2] / ".env.example").read_text()


def test_the_example_names_every_setting_and_no_other() -> None:
    named = re.findall(r"^([A-Z0-9_]+)=", EXAMPLE, re.MULTILINE)
    assert sorted(named) == sorted(f.name.upper() for f in msgspec.structs.fields(Settings))


def test_the_example_holds_the_defaults() -> None:
    environ = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    assert load(environ) == Settings()


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_be_in_a_file(name: str, tmp_path: Path) -> None:
    text = {"ENCRYPTION_KEY": KEY, "DATABASE_URL": "postgresql://ada:pw@db/x"}.get(name, SECRET)
    rest = {
        "GOOGLE_CLIENT_ID": "x",
        "GITHUB_CLIENT_ID": "x",
        "OIDC_ISSUER": "https://issuer.example",
        "OIDC_CLIENT_ID": "x",
        "LANGFUSE_PUBLIC_KEY": "x",
    }
    siblings = {k: v for k, v in rest.items() if k[:4] == name[:4]}
    (path := tmp_path / "secret").write_text(f"{text}\n")
    settings = load(siblings | {f"{name}_FILE": str(path)})
    assert getattr(settings, name.lower()) == text


def test_a_secret_is_given_once_and_its_file_can_be_read(tmp_path: Path) -> None:
    (empty := tmp_path / "empty").write_text("\n")
    (key := tmp_path / "key").write_text(KEY)
    (binary := tmp_path / "binary").write_bytes(b"\xff\xfe")
    environ = {
        "ENCRYPTION_KEY": KEY,
        "ENCRYPTION_KEY_FILE": str(key),
        "JWT_SECRET_FILE": str(tmp_path / "nowhere"),
        "DATABASE_URL_FILE": str(empty),
        "SMTP_PASSWORD_FILE": str(binary),
    }
    assert set(complaints(environ)) == set(environ) - {"ENCRYPTION_KEY"}


def test_a_secret_of_the_environment_wins_over_a_file_of_dotenv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("DATABASE_URL_FILE=url")
    Path("url").write_text("postgresql://from-dotenv")
    assert load({}).database_url == "postgresql://from-dotenv"
    given = load({"DATABASE_URL": "postgresql://from-environment"})
    assert given.database_url == "postgresql://from-environment"


def test_a_file_with_a_wrong_secret_is_named(tmp_path: Path) -> None:
    (path := tmp_path / "key").write_text("too short")
    assert complaints({"ENCRYPTION_KEY_FILE": str(path)}) == ["ENCRYPTION_KEY"]


def test_all_wrong_values_are_named_at_once() -> None:
    with pytest.raises(WrongSettings) as raised:
        load({"PORT": "eighty", "WEB_WORKERS": "0", "ENVIRONMENT": "home"})
    assert {line.split(":")[0] for line in str(raised.value).splitlines()} == {
        "PORT",
        "WEB_WORKERS",
        "ENVIRONMENT",
    }


def test_production_says_all_that_is_insecure_at_once() -> None:
    environ = {
        "ENVIRONMENT": "production",
        "CORS_ORIGINS": "*",
        "DEBUG": "true",
        "JWT_ALGORITHM": "HS256",
    }
    named = ["ENCRYPTION_KEY", "JWT_SECRET", "PUBLIC_URL", "CORS_ORIGINS", "DEBUG"]
    assert complaints(environ) == named
    assert complaints({"ENVIRONMENT": "production"}) == ["ENCRYPTION_KEY", "PUBLIC_URL"]


def test_production_starts_when_it_is_safe() -> None:
    settings = load(SAFE)
    assert settings.environment is Environment.PRODUCTION
    assert not settings.shows_docs
    assert settings.allowed_origins == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JWT_SECRET", "short"),
        ("JWT_SECRET", "x" * 64),
        ("JWT_SECRET", "changeme" * 8),
        ("JWT_SECRET", "your-super-SECRET-key-change-this-in-production"),
        ("JWT_SECRET", "Change_Me Change_Me Change_Me Change_Me"),
        ("JWT_SECRET", "32-byte-encryption-key-placeholder!"),
        ("JWT_SECRET", "01234560123456012345601234560123456"),
        ("ENCRYPTION_KEY", "changeme"),
        ("ENCRYPTION_KEY", base64.b64encode(b"k" * 32).decode()),
        ("ENCRYPTION_KEY", base64.b64encode(b"changeme" * 4).decode()),
        ("ENCRYPTION_KEY", f"{KEY},{base64.b64encode(bytes(32)).decode()}"),
        ("ENCRYPTION_KEY", base64.b64encode(bytes(16)).decode()),
        ("PUBLIC_URL", "http://api.example.org"),
        ("CORS_ORIGINS", "https://a.example,*"),
        ("CORS_ORIGINS", "https://*.example"),
        ("DEBUG", "1"),
    ],
)
def test_production_refuses_what_is_not_safe(name: str, value: str) -> None:
    assert complaints(SAFE | {name: value}) == [name]


def test_a_secret_that_nobody_uses_is_judged_in_production_only() -> None:
    short = {"JWT_SECRET": "short"}
    assert complaints(short) == []
    assert complaints(short | {"JWT_ALGORITHM": "HS256"}) == ["JWT_SECRET"]
    assert complaints(SAFE | short | {"JWT_ALGORITHM": "ES256"}) == ["JWT_SECRET"]


@given(st.binary(min_size=32, max_size=32).filter(lambda key: len(set(key)) > 15))
def test_what_was_drawn_at_random_is_no_placeholder(key: bytes) -> None:
    text = base64.b64encode(key).decode()
    assert complaints(SAFE | {"JWT_SECRET": text, "ENCRYPTION_KEY": text}) == []


@pytest.mark.parametrize(
    ("alias", "text", "field", "value"),
    [
        ("APP_ENV", "staging", "environment", Environment.STAGING),
        ("DATABASE_ASYNC_URL", "postgresql+asyncpg://h/d", "database_url", "postgresql://h/d"),
        ("DATABASE_POOL_SIZE", "7", "db_pool_size", 7),
        ("SECRET_KEY", SECRET, "jwt_secret", SECRET),
        ("JWT_SECRET_KEY", SECRET, "jwt_secret", SECRET),
        ("ALGORITHM", "ES256", "jwt_algorithm", JwtAlgorithm.ES256),
        ("JWT_ACCESS_TOKEN_EXPIRE_MINUTES", "5", "access_token_expire_minutes", 5),
        ("ALLOWED_ORIGINS", '["https://a.example"]', "cors_origins", ("https://a.example",)),
        ("BACKEND_CORS_ORIGINS", "https://a.example", "cors_origins", ("https://a.example",)),
        ("GOOGLE_API_KEY", "key", "gemini_api_key", "key"),
        ("DEFAULT_AI_MODEL", "gemini-pro", "gemini_model", "gemini-pro"),
    ],
)
def test_older_names_are_understood(alias: str, text: str, field: str, value: object) -> None:
    assert getattr(load({alias: text}), field) == value


def test_every_alias_names_a_setting_and_is_tested() -> None:
    ours = {field.name.upper() for field in msgspec.structs.fields(Settings)}
    assert set(ALIASES.values()) <= ours
    assert not set(ALIASES) & ours
    source = Path(__file__).read_text()
    assert [alias for alias in ALIASES if f'("{alias}", ' not in source] == []


def test_our_own_name_wins_over_an_alias() -> None:
    assert load({"APP_ENV": "staging", "ENVIRONMENT": "development"}) == Settings()
    assert load({"APP_ENV": "", "ENVIRONMENT": ""}) == Settings()


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("ENVIRONMENT=staging\nPORT=1234\n")
    monkeypatch.chdir(tmp_path)
    settings = load({"APP_ENV": "development"})
    assert (settings.environment, settings.port) == (Environment.DEVELOPMENT, 1234)


def test_a_wrong_value_is_named_as_it_was_given() -> None:
    assert complaints({"ALGORITHM": "none", "CORS_ORIGINS": "[1"}) == ["CORS_ORIGINS", "ALGORITHM"]


@pytest.mark.parametrize("name", ["ARGON2_MEMORY_KIB", "ARGON2_TIME_COST", "ARGON2_PARALLELISM"])
def test_a_hash_costs_no_less_than_the_default(name: str) -> None:
    default = getattr(Settings(), name.lower())
    assert complaints({name: str(default)}) == []
    assert complaints({name: str(default - 1)}) == [name]


@pytest.mark.parametrize(("workers", "threads"), [(1, 7), (2, 3), (3, 1), (8, 1)])
def test_hashing_leaves_a_core_to_everything_else(
    monkeypatch: pytest.MonkeyPatch, workers: int, threads: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    assert Settings(web_workers=workers).hashing_threads == threads
    assert Settings(web_workers=workers, hash_threads=5).hashing_threads == 5


def test_origins_come_as_a_list_or_with_commas() -> None:
    wanted = ("https://a.example", "https://b.example")
    for text in (
        '["https://a.example","https://b.example"]',
        "https://a.example, https://b.example",
    ):
        assert load({"CORS_ORIGINS": text}).allowed_origins == wanted


def test_the_secrets_of_a_development_machine_are_made_once_and_are_private(
    tmp_path: Path,
) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    with ThreadPoolExecutor(8) as pool:
        drawn = set(pool.map(lambda _: settings.shared_secret(), range(50)))
    assert drawn == {settings.shared_secret()}
    assert len(settings.shared_secret()) >= 32
    assert settings.encryption_keys() == settings.encryption_keys()
    files = sorted((tmp_path / "data").iterdir())
    assert [file.name for file in files] == ["encryption.key", "jwt.secret"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(WrongSettings, match="ENCRYPTION_KEY"):
        load({"ENCRYPTION_KEY": "changeme"})


def test_proxies_are_networks() -> None:
    settings = load({"TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.1,fd00::/8"})
    assert [str(network) for network in settings.trusted_proxies] == [
        "10.0.0.0/8",
        "192.0.2.1/32",
        "fd00::/8",
    ]
    with pytest.raises(WrongSettings, match="TRUSTED_PROXIES: expected networks"):
        load({"TRUSTED_PROXIES": "10.0.0.1/8"})


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"SMTP_HOST": "mail.example.org"}, "EMAIL_FROM"),
        ({"EMAIL_FROM": "nobody"}, "EMAIL_FROM"),
        ({"EMAIL_FROM": "a@b.cd, e@f.gh"}, "EMAIL_FROM"),
        ({"EMAIL_FROM": "a@b.cd\nBcc: e@f.gh"}, "EMAIL_FROM"),
        ({"SMTP_PORT": "smtp"}, "SMTP_PORT"),
    ],
)
def test_mail_that_nobody_could_send_is_refused(environ: dict[str, str], name: str) -> None:
    with pytest.raises(WrongSettings, match=f"^{name}: [^\n]*$"):
        load(environ)


def test_production_sends_no_mail_password_in_the_clear() -> None:
    clear = {
        "ENVIRONMENT": "production",
        "ENCRYPTION_KEY": KEY,
        "PUBLIC_URL": "https://api.example.org",
        "SMTP_PASSWORD": "secret",
        "SMTP_TLS": "false",
    }
    with pytest.raises(WrongSettings, match="SMTP_TLS"):
        load(clear)


def test_half_a_provider_is_refused() -> None:
    with pytest.raises(WrongSettings) as raised:
        load({"GOOGLE_CLIENT_ID": "x", "OIDC_ISSUER": "https://id.example.org"})
    assert {line.split(":")[0] for line in str(raised.value).splitlines()} == {
        "GOOGLE_CLIENT_SECRET",
        "OIDC_CLIENT_ID",
        "OIDC_CLIENT_SECRET",
    }


@pytest.mark.parametrize("name", ["google", "github", "Mine", "a/b", "", "x" * 21])
def test_an_issuer_has_a_name_of_its_own(name: str) -> None:
    with pytest.raises(WrongSettings, match="OIDC_NAME"):
        load({"OIDC_NAME": name or " "})

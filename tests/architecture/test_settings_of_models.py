import pytest

from entrypoints.environment import load
from tests.architecture.environments import SAFE, complaints


@pytest.mark.parametrize(
    ("environ", "providers"),
    [
        ({}, ()),
        ({"GEMINI_API_KEY": "k"}, ("gemini",)),
        ({"OPENAI_API_KEY": "k"}, ("openai",)),
        ({"OPENAI_BASE_URL": "http://localhost:11434/v1"}, ("openai_compatible",)),
        ({"OPENAI_BASE_URL": "https://gateway/v1", "OPENAI_API_KEY": "k"}, ("openai_compatible",)),
        (
            {
                "OPENAI_BASE_URL": "https://eu.api.openai.com/v1",
                "OPENAI_API_KEY": "k",
                "AI_PROVIDER": "openai",
            },
            ("openai",),
        ),
        ({"OPENAI_API_KEY": "k", "GEMINI_API_KEY": "k"}, ("openai",)),
        ({"OPENAI_API_KEY": "k", "GEMINI_API_KEY": "k", "AI_PROVIDER": "gemini"}, ("gemini",)),
        ({"OPENAI_API_KEY": "k", "AI_PROVIDER": "none"}, ()),
        (
            {"OPENAI_API_KEY": "k", "GEMINI_API_KEY": "k", "AI_FALLBACK": "gemini, openai"},
            ("openai", "gemini"),
        ),
    ],
)
def test_a_key_alone_chooses_who_answers(
    environ: dict[str, str], providers: tuple[str, ...]
) -> None:
    assert load(environ).model_providers == providers


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"AI_PROVIDER": "openai"}, "OPENAI_API_KEY"),
        ({"AI_PROVIDER": "gemini"}, "GEMINI_API_KEY"),
        ({"AI_PROVIDER": "openai_compatible"}, "OPENAI_BASE_URL"),
        ({"AI_PROVIDER": "claude"}, "AI_PROVIDER"),
        ({"AI_FALLBACK": "gemini"}, "AI_FALLBACK"),
        ({"AI_FALLBACK": "none", "OPENAI_API_KEY": "k"}, "AI_FALLBACK"),
        ({"OPENAI_API_KEY": "k", "AI_FALLBACK": "gemini"}, "GEMINI_API_KEY"),
        ({"OPENAI_BASE_URL": "localhost:11434"}, "OPENAI_BASE_URL"),
        ({"AI_IDLE_TIMEOUT_SECONDS": "0"}, "AI_IDLE_TIMEOUT_SECONDS"),
        ({"AI_MODELS": "x" * 101}, "AI_MODELS"),
        ({"AI_REASONING_TOKENS": "-1"}, "AI_REASONING_TOKENS"),
    ],
)
def test_half_a_model_provider_is_refused(environ: dict[str, str], name: str) -> None:
    assert complaints(environ) == [name]


@pytest.mark.parametrize("name", ["OTEL_EXPORTER_OTLP_ENDPOINT", "LANGFUSE_HOST"])
def test_who_watches_has_an_address_of_the_web(name: str) -> None:
    assert complaints({name: "localhost:4318"}) == [name]
    assert complaints({name: "http://localhost:4318"}) == []


ENDPOINT = {
    "EMBEDDINGS": "openai_compatible",
    "EMBEDDING_BASE_URL": "http://127.0.0.1:11434/v1",
    "EMBEDDING_MODEL": "nomic-embed-text:latest",
    "EMBEDDING_DIMENSIONS": "768",
}


def test_an_endpoint_needs_all_but_its_key() -> None:
    assert complaints(ENDPOINT) == []
    for name in ("EMBEDDING_BASE_URL", "EMBEDDING_MODEL", "EMBEDDING_DIMENSIONS"):
        assert complaints({**ENDPOINT, name: ""}) == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMBEDDINGS", "gpt"),
        ("EMBEDDING_BASE_URL", "localhost:11434"),
        ("EMBEDDING_MODEL", "model' OR 'a' = 'a"),
        ("EMBEDDING_MODEL", "m" * 81),
        ("EMBEDDING_DIMENSIONS", "0"),
        ("EMBEDDING_DIMENSIONS", "4001"),
        ("EMBEDDING_DIMENSIONS", "many"),
    ],
)
def test_an_endpoint_that_cannot_be_is_named(name: str, value: str) -> None:
    assert name in complaints({**ENDPOINT, name: value})


def test_in_production_a_key_travels_by_https_only() -> None:
    assert complaints(SAFE | ENDPOINT) == []
    with_key = SAFE | ENDPOINT | {"EMBEDDING_API_KEY": "sk-1"}
    assert complaints(with_key) == ["EMBEDDING_BASE_URL"]
    assert complaints(with_key | {"EMBEDDING_BASE_URL": "https://api.example/v1"}) == []


@pytest.mark.parametrize("name", ["OPENAI", "GEMINI"])
def test_in_production_a_model_providers_key_travels_by_https_only(name: str) -> None:
    key, address = f"{name}_API_KEY", f"{name}_BASE_URL"
    assert complaints(SAFE | {key: "sk-1"}) == []
    assert complaints(SAFE | {key: "sk-1", address: "http://gateway/v1"}) == [address]
    assert complaints(SAFE | {key: "sk-1", address: "https://gateway/v1"}) == []

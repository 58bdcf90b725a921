"""What settings may not be, a line for each: never half a provider, and much less in production."""

from email.utils import getaddresses

from entrypoints.keys import aes_keys, is_placeholder
from entrypoints.settings import AiProvider, EmbeddingModel, JwtAlgorithm, Settings

_SECRET = 32  # characters, at least
_MISSING = "must be set in production"
_PLACEHOLDER = "must be drawn at random in production, and this is a placeholder"

# Each names a provider together with its siblings, or is not set.
_PROVIDERS = (
    ("google_client_id", "google_client_secret"),
    ("github_client_id", "github_client_secret"),
    ("oidc_issuer", "oidc_client_id", "oidc_client_secret"),
    ("langfuse_public_key", "langfuse_secret_key"),
)


def faults(settings: Settings) -> list[str]:
    """Every variable that is wrong beside the others, and what was expected."""
    found = {
        "ENCRYPTION_KEY": _encryption_key(settings),
        "JWT_SECRET": _jwt_secret(settings),
    }
    return [
        *(f"{name}: {fault}" for name, fault in found.items() if fault),
        *_mail(settings),
        *_half_providers(settings),
        *_embeddings(settings),
        *_models(settings),
        *(_exposed(settings) if settings.is_production else ()),
    ]


def _encryption_key(settings: Settings) -> str | None:
    if settings.encryption_key is None:
        return _MISSING if settings.is_production else None
    keys = aes_keys(settings.encryption_key)
    if not keys:
        return "expected base64 of 32 bytes, several by commas"
    if settings.is_production and any(is_placeholder(key.decode("latin-1")) for key in keys):
        return _PLACEHOLDER
    return None


def _jwt_secret(settings: Settings) -> str | None:
    shared = settings.jwt_algorithm is JwtAlgorithm.HS256
    if not shared and not settings.is_production:
        return None  # nobody uses it
    if settings.jwt_secret is None:
        return _MISSING if shared and settings.is_production else None
    if len(settings.jwt_secret) < _SECRET:
        return f"expected at least {_SECRET} characters"
    if settings.is_production and is_placeholder(settings.jwt_secret):
        return _PLACEHOLDER
    return None


def _mail(settings: Settings) -> list[str]:
    if settings.smtp_host is not None and settings.email_from is None:
        return ["EMAIL_FROM: must be set with SMTP_HOST"]
    if not _is_sender(settings.mail_sender):
        return ["EMAIL_FROM: expected an address such as Colonnade <no-reply@example.org>"]
    return []


def _half_providers(settings: Settings) -> list[str]:
    missing = []
    for names in _PROVIDERS:
        if any(getattr(settings, name) for name in names):
            missing += [name.upper() for name in names if not getattr(settings, name)]
    return [f"{name}: must be set with the others of its provider" for name in missing]


def _embeddings(settings: Settings) -> list[str]:
    if settings.embeddings is not EmbeddingModel.OPENAI_COMPATIBLE:
        return []
    names = ("embedding_base_url", "embedding_model", "embedding_dimensions")
    missing = [name.upper() for name in names if getattr(settings, name) is None]
    wrong = [f"{name}: must be set for EMBEDDINGS=openai_compatible" for name in missing]
    if not (settings.embedding_base_url or "https://").startswith(("https://", "http://")):
        wrong.append("EMBEDDING_BASE_URL: expected a URL such as https://api.openai.com/v1")
    return wrong


def _models(settings: Settings) -> list[str]:
    if AiProvider.NONE in settings.ai_fallback:
        return ["AI_FALLBACK: expected providers, and none is not one"]
    if settings.ai_fallback and not settings.model_providers:
        return ["AI_FALLBACK: wants a provider to begin with, by AI_PROVIDER"]
    needed = {
        AiProvider.OPENAI: ("OPENAI_API_KEY", settings.openai_api_key),
        AiProvider.GEMINI: ("GEMINI_API_KEY", settings.gemini_api_key),
        AiProvider.OPENAI_COMPATIBLE: ("OPENAI_BASE_URL", settings.openai_base_url),
    }
    asked = [(provider, *needed[provider]) for provider in settings.model_providers]
    wrong = [f"{name}: must be set for {who}" for who, name, given in asked if not given]
    addresses = {"OPENAI": settings.openai_base_url, "GEMINI": settings.gemini_base_url}
    for name, address in addresses.items():
        if address and not address.startswith(("http://", "https://")):
            wrong.append(f"{name}_BASE_URL: expected an http or https URL")
    return wrong


def _exposed(settings: Settings) -> list[str]:
    wrong = []
    if not settings.base_url.startswith("https://"):
        wrong.append("PUBLIC_URL: must be https in production")
    if any("*" in origin for origin in settings.allowed_origins):
        wrong.append("CORS_ORIGINS: may not hold * in production")
    if settings.smtp_password is not None and not settings.smtp_tls:
        wrong.append("SMTP_TLS: must be true in production, for SMTP_PASSWORD")
    if settings.oidc_issuer and not settings.oidc_issuer.startswith("https://"):
        wrong.append("OIDC_ISSUER: must be https in production")
    keyed = {
        "EMBEDDING": (settings.embedding_api_key, settings.embedding_base_url),
        "OPENAI": (settings.openai_api_key, settings.openai_base_url),
        "GEMINI": (settings.gemini_api_key, settings.gemini_base_url),
    }
    for name, (key, address) in keyed.items():
        if key and address and not address.startswith("https://"):
            wrong.append(f"{name}_BASE_URL: must be https in production, for {name}_API_KEY")
    if settings.debug:
        wrong.append("DEBUG: must be off in production")
    return wrong


def _is_sender(text: str) -> bool:
    found = getaddresses([text])
    name, _, host = found[0][1].rpartition("@")
    return len(found) == 1 and text.isprintable() and bool(name and host)

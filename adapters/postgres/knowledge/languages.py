"""Which of PostgreSQL's text search configurations reads a language."""

UNKNOWN = "english"  # harmless elsewhere
_PLAIN = "simple"  # words as they are
_CONFIGURATIONS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "da": "danish",
    "nl": "dutch", "en": "english", "fi": "finnish", "fr": "french", "de": "german",
    "el": "greek", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "ga": "irish",
    "it": "italian", "lt": "lithuanian", "ne": "nepali", "nb": "norwegian", "nn": "norwegian",
    "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip


def configuration(language: str | None) -> str:
    """Of a BCP 47 tag."""
    if not language:
        return UNKNOWN
    return _CONFIGURATIONS.get(language.lower().split("-")[0], _PLAIN)

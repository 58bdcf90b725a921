from pathlib import Path

from entrypoints.openapi import document

KEPT = Path(__file__).parents[2] / "docs" / "api" / "openapi.json"


def test_the_kept_openapi_document_is_that_of_the_code() -> None:
    assert KEPT.read_text() == document(), "`make openapi` writes it anew"

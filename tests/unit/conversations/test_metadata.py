from typing import Any

import pytest

from application.conversations.metadata import LARGEST, InvalidMetadata, bounded


@pytest.mark.parametrize("metadata", [{"path": r"C:\u0000"}, {r"\\u0000": 1}])
def test_a_backslash_and_what_comes_after_it_is_text(metadata: dict[str, Any]) -> None:
    assert bounded(metadata) == metadata


@pytest.mark.parametrize(
    "metadata", [{"a": "\0"}, {"\0": 1}, {"a": ["b\\\0"]}, {"a": {"b": "\\\\\0"}}]
)
def test_a_nul_is_refused_wherever_it_is(metadata: dict[str, Any]) -> None:
    with pytest.raises(InvalidMetadata):
        bounded(metadata)


def test_metadata_is_bounded_as_json() -> None:
    text = "x" * (LARGEST - len('{"a":""}'))
    assert bounded({"a": text}) == {"a": text}
    with pytest.raises(InvalidMetadata):
        bounded({"a": f"{text}x"})

import msgspec
import pytest

from application.knowledge.filters import (
    And,
    Filter,
    FilterTooLarge,
    InCategory,
    Not,
    OfFileType,
    check,
)
from application.knowledge.views import Query
from domain.knowledge.metadata import Category

LEAF = OfFileType(["pdf"])


def deep(levels: int) -> Filter:
    tree: Filter = LEAF
    for _ in range(levels - 1):
        tree = Not(tree)
    return tree


def test_a_tree_has_eight_levels_and_sixty_four_conditions() -> None:
    check(deep(8))
    with pytest.raises(FilterTooLarge):
        check(deep(9))
    check(And([And([LEAF] * 20)] * 3))
    with pytest.raises(FilterTooLarge):
        check(And([And([LEAF] * 20)] * 4))


def test_a_tree_is_read_from_json() -> None:
    query = msgspec.json.decode(
        b'{"query":"x","filters":{"op":"and","filters":[{"op":"not","filter":'
        b'{"op":"category","any_of":["brief"]}},{"op":"file_type","any_of":["pdf"]}]}}',
        type=Query,
    )
    assert query.filters == And([Not(InCategory([Category.BRIEF])), LEAF])


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"op": "unknown"},
        {"op": "and", "filters": []},
        {"op": "and", "filters": [{"op": "file_type", "any_of": ["pdf"]}] * 21},
        {"op": "not"},
        {"op": "not", "filter": None},
        {"op": "category", "any_of": ["novel"]},
        {"op": "category", "any_of": []},
        {"op": "keyword", "any_of": ["a\x00b"]},
        {"op": "keyword", "any_of": ["x" * 101]},
        {"op": "keyword", "any_of": ["x"], "column": "user_id"},
        {"op": "created_at"},
        {"op": "created_at", "since": "2026-01-01T00:00:00"},
        {"op": "created_at", "since": "yesterday"},
    ],
)
def test_what_is_no_condition_is_refused(tree: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"query": "x", "filters": tree}, Query)

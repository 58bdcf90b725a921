"""In which documents to look: a tree of typed conditions.

Case does not count. A document that says nothing about what is asked does not meet the condition,
and so meets its negation."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from application.shared.text import Text
from domain.knowledge.metadata import Category
from domain.shared.errors import Invalid

DEEPEST, MOST = 8, 64  # levels and conditions of a tree

type Name = Annotated[Text, Meta(min_length=1, max_length=100)]
type Names = Annotated[list[Name], Meta(min_length=1, max_length=20)]
type Categories = Annotated[list[Category], Meta(min_length=1, max_length=20)]
type Time = Annotated[datetime, Meta(tz=True)]


class FilterTooLarge(Invalid): ...


class And(Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="and"):
    """All of them are met."""

    filters: Annotated[list["Filter"], Meta(min_length=1, max_length=20)]


class Or(Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="or"):
    """At least one of them is met."""

    filters: Annotated[list["Filter"], Meta(min_length=1, max_length=20)]


class Not(Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="not"):
    """It is not met."""

    filter: "Filter"


class InCategory(Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="category"):
    any_of: Categories


class InJurisdiction(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="jurisdiction"
):
    """Codes of ISO 3166, or names of courts."""

    any_of: Names


class InPracticeArea(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="practice_area"
):
    any_of: Names


class HasKeyword(Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="keyword"):
    any_of: Names


class OfFileType(Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="file_type"):
    """Extensions without their dot."""

    any_of: Names


class InLanguage(Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="language"):
    """BCP 47 tags: `en` is also met by `en-GB`."""

    any_of: Names


class CreatedDuring(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="created_at"
):
    """Uploaded from `since` on, and before `before`."""

    since: Time | None = None
    before: Time | None = None

    def __post_init__(self) -> None:
        _bounded(self.since, self.before)


class AuthoredDuring(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="authored_at"
):
    """Written from `since` on, and before `before`, as the document's file says."""

    since: Time | None = None
    before: Time | None = None

    def __post_init__(self) -> None:
        _bounded(self.since, self.before)


type Named = InJurisdiction | InPracticeArea | HasKeyword | OfFileType | InLanguage
type Filter = (
    And
    | Or
    | Not
    | InCategory
    | InJurisdiction
    | InPracticeArea
    | HasKeyword
    | OfFileType
    | InLanguage
    | CreatedDuring
    | AuthoredDuring
)


def check(tree: Filter) -> None:
    """Raises FilterTooLarge."""
    level, conditions = [tree], 0
    for _ in range(DEEPEST):
        conditions += len(level)
        level = [below for one in level for below in _below(one)]
    if level or conditions > MOST:
        raise FilterTooLarge(f"a filter has at most {DEEPEST} levels and {MOST} conditions")


def _below(tree: Filter) -> list[Filter]:
    match tree:
        case And(filters) | Or(filters):
            return filters
        case Not(one):
            return [one]
        case _:
            return []


def _bounded(since: Time | None, before: Time | None) -> None:
    if since is None and before is None:
        raise ValueError("give `since` or `before`, or both")

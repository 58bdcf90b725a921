"""A tree of conditions as SQL, with bound parameters only."""

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Text,
    and_,
    any_,
    bindparam,
    func,
    literal,
    not_,
    or_,
    select,
)

from adapters.postgres.tables.knowledge import document_keywords, documents
from application.knowledge.filters import (
    And,
    AuthoredDuring,
    CreatedDuring,
    Filter,
    HasKeyword,
    InCategory,
    InJurisdiction,
    InLanguage,
    InPracticeArea,
    Not,
    OfFileType,
    Or,
    Time,
)
from domain.knowledge.metadata import keyword

_TIME = DateTime(timezone=True)


def condition(tree: Filter) -> ColumnElement[bool]:
    """Never NULL: what a document does not say is not met."""
    match tree:
        case And(filters):
            return and_(*map(condition, filters))
        case Or(filters):
            return or_(*map(condition, filters))
        case Not(one):
            return not_(condition(one))
        case InCategory(categories):
            values = [one.value for one in categories]
            return (documents.c.category == any_(literal(values, ARRAY(Text)))).is_(True)
        case InJurisdiction(names):
            return _named(documents.c.jurisdiction, names)
        case InPracticeArea(names):
            return _named(documents.c.practice_area, names)
        case HasKeyword(names):
            return _keyword([keyword(name) for name in names])
        case OfFileType(names):
            return _named(documents.c.file_type, names)
        case InLanguage(names):
            return or_(*map(_language, names))
        case CreatedDuring(since, before):
            return _during(documents.c.created_at, since, before)
        case AuthoredDuring(since, before):
            return _during(documents.c.authored_at, since, before)


def _named(value: ColumnElement[str], names: list[str]) -> ColumnElement[bool]:
    """Whatever the case, which Postgres tells for both sides: Python would for some letters
    otherwise."""
    return (
        func.lower(value).in_([func.lower(literal(name.strip(), Text)) for name in names]).is_(True)
    )


def _keyword(names: list[str]) -> ColumnElement[bool]:
    keywords = document_keywords.c
    return (
        select(keywords.keyword)
        .where(
            keywords.user_id == bindparam("user_id"),
            keywords.document_id == documents.c.id,
            keywords.keyword == any_(literal(names, ARRAY(Text))),
        )
        .exists()
    )


def _language(name: str) -> ColumnElement[bool]:
    tag = func.lower(documents.c.language).concat("-")
    return func.starts_with(tag, literal(f"{name.lower()}-", Text)).is_(True)


def _during(
    moment: ColumnElement[object], since: Time | None, before: Time | None
) -> ColumnElement[bool]:
    bounds: list[ColumnElement[bool]] = []
    if since is not None:
        bounds.append(moment >= literal(since, _TIME))
    if before is not None:
        bounds.append(moment < literal(before, _TIME))
    return and_(*bounds).is_(True)

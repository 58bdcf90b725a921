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
)
from domain.knowledge.document import Document
from domain.knowledge.metadata import keyword


def meets(document: Document, tree: Filter) -> bool:
    match tree:
        case And(filters):
            return all(meets(document, one) for one in filters)
        case Or(filters):
            return any(meets(document, one) for one in filters)
        case Not(one):
            return not meets(document, one)
        case InCategory(categories):
            return document.category in categories
        case InJurisdiction(names):
            return _named(document.jurisdiction, names)
        case InPracticeArea(names):
            return _named(document.practice_area, names)
        case HasKeyword(names):
            return not {keyword(name) for name in names}.isdisjoint(document.keywords)
        case OfFileType(names):
            return _named(document.file_type, names)
        case InLanguage(names):
            tag = (document.language or "").lower() + "-"
            return any(tag.startswith(f"{name.lower()}-") for name in names)
        case CreatedDuring(since, before):
            moment = document.created_at
        case AuthoredDuring(since, before):
            if document.authored_at is None:
                return False
            moment = document.authored_at
    return (since is None or moment >= since) and (before is None or moment < before)


def _named(value: str | None, names: list[str]) -> bool:
    return value is not None and value.lower() in {name.strip().lower() for name in names}

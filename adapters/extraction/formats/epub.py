"""Books: a page for each chapter.

Not by xberg, which knows no chapters, and shows scripts and what is hidden.
"""

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from adapters.extraction.formats.html import read_markup
from adapters.extraction.package import Package, tag
from adapters.extraction.pages import (
    BROKEN,
    ENCRYPTED,
    MAX_PAGES,
    Budget,
    Extracted,
    Unreadable,
    too_many_pages,
)
from adapters.extraction.properties import properties

_CONTAINER = "META-INF/container.xml"
_CHAPTER = ("application/xhtml+xml", "text/html")


def read_epub(data: bytes) -> Extracted:
    package = Package(data, _CONTAINER)
    main = next(
        (
            one.get("full-path", "")
            for one in package.xml(_CONTAINER).iter()
            if _is(one, "rootfile")
        ),
        "",
    )
    if main not in package.names:
        raise Unreadable("corrupt", BROKEN)
    book = package.xml(main)
    chapters = list(_chapters(book, posixpath.dirname(main)))
    if len(chapters) > MAX_PAGES:
        raise too_many_pages()
    if not _encrypted(package).isdisjoint(chapters):
        raise Unreadable("encrypted", ENCRYPTED)
    budget, pages = Budget(), []
    for chapter in chapters:
        if chapter not in package.names:  # a chapter left out in silence would be a wrong answer
            raise Unreadable("corrupt", f"there is no {chapter} in it: see if it opens")
        pages.append(read_markup(package.read(chapter)).page())
        budget.spend(len(pages[-1].text))
    said = {tag(one): one.text for one in reversed(list(book.iter()))}
    return Extracted(
        pages,
        properties(
            title=said.get("title"),
            author=", ".join(one.text or "" for one in book.iter() if _is(one, "creator")),
            language=said.get("language"),
            authored_at=said.get("date"),
        ),
    )


def _chapters(book: Element, folder: str) -> Iterator[str]:
    """In reading order, without the table of contents."""
    items = {one.get("id"): one for one in book.iter() if _is(one, "item")}
    for reference in (one for one in book.iter() if _is(one, "itemref")):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _CHAPTER:
            continue
        if "nav" not in (item.get("properties") or "").split():
            yield _within(folder, item.get("href", ""))


def _encrypted(package: Package) -> set[str]:
    """Fonts may be, without harm."""
    listed = package.optional("META-INF/encryption.xml")
    return {_within("", one.get("URI", "")) for one in listed.iter() if _is(one, "CipherReference")}


def _within(folder: str, reference: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(reference.partition("#")[0])))


def _is(element: Element, name: str) -> bool:
    return tag(element) == name

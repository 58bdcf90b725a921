"""What the documentation points at is there."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"\]\(([^)\s#]+)[^)]*\)")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|/")


def linked(page: Path) -> list[str]:
    """Relative links; URLs, and paths of a running server, are not ours to follow."""
    return [link for link in _LINK.findall(page.read_text()) if not _ELSEWHERE.match(link)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    assert [link for link in linked(page) if not (page.parent / unquote(link)).exists()] == []


def test_the_links_of_the_readme_are_found() -> None:
    assert {"docs/contexts.md", "entrypoints/container.py"} <= set(linked(ROOT / "README.md"))

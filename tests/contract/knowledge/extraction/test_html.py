"""Web pages."""

from pathlib import Path

import pytest

from domain.knowledge.text import Properties
from tests.contract.knowledge.extraction.conftest import extract, headings, pages
from tests.contract.knowledge.extraction.test_properties import MADE
from tests.packages import HTML


async def read(folder: Path, body: str) -> str:
    (page,) = await pages(folder, f"<!DOCTYPE html><p>Seen</p>{body}".encode(), HTML)
    return page.text.removeprefix("Seen").lstrip("\n")


async def test_a_web_page_gives_its_text_headings_and_properties(tmp_path: Path) -> None:
    page = (
        '<html lang="en-GB"><head><title>On &amp; about fees</title><meta name="author" '
        'content="Ada"><meta property="article:published_time" content="2024-05-06T07:08:09Z">'
        "</head><body><h1>Fees <i>due</i></h1><p>All <b>fees</b> &amp; *taxes*,<br>at\n once.\n"
        "<p>And <a href='x'>costs</a>.<h2>Term</h2>A year.</body></html>"
    )
    found = await extract(tmp_path, page.encode(), HTML)
    assert found.pages[0].text == (
        "Fees due\n\nAll fees & *taxes*,\nat once.\n\nAnd costs.\n\nTerm\n\nA year."
    )
    assert headings(found.pages[0]) == [(1, "Fees due"), (2, "Term")]
    assert found.properties == Properties("On & about fees", "Ada", "en-GB", MADE, None, 1)


@pytest.mark.parametrize(
    "unseen",
    [
        "<script>evil()</script>",
        "<style>p {color: red}</style>",
        "<template><p>x</p></template>",
        "<noscript>x</noscript>",
        "<!-- x -->",
        "<p hidden>x",
        "<p hidden>x<b>y</b></p>",
        "<div style='color: red; DISPLAY : none'><div>x</div>y</div>",
        "<div hidden><p>x<p>y<br>z<img src=x></div>",
        "<span style='visibility:hidden'>x</span>",
        "<svg><title>x</title><text>y</text></svg>",
        "<iframe src='http://127.0.0.1:9/'>x</iframe>",
        "<img src='http://127.0.0.1:9/' alt=''>",
        "<object data='http://127.0.0.1:9/'>x</object>",
        "<link rel=stylesheet href='http://127.0.0.1:9/'>",
    ],
)
async def test_what_nobody_sees_is_not_read(tmp_path: Path, unseen: str) -> None:
    assert await read(tmp_path, f"<div>{unseen}</div><p>After</p>") == "After"


async def test_lists_and_preformatted_text_keep_their_lines(tmp_path: Path) -> None:
    body = "<ul><li>one<li><p>two</p><li>three</ul><pre>a\n  b</pre>"
    assert await read(tmp_path, body) == "- one\n- two\n- three\n\na\n  b"


async def test_a_row_of_a_table_is_a_line(tmp_path: Path) -> None:
    body = "<table><tr><th>Role<th>Rate<tr><td><p>Clerk</p><p>junior</p><td>10</table>"
    assert await read(tmp_path, body) == "| Role | Rate |\n| Clerk junior | 10 |"


async def test_a_table_that_only_places_things_is_none(tmp_path: Path) -> None:
    body = "<table><tr><td><p>One</p><table><tr><td>Two</table></table>Three"
    assert await read(tmp_path, body) == "One\n\nTwo\n\nThree"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-2", "shift_jis"])
async def test_a_web_page_is_read_in_the_encoding_it_declares(
    tmp_path: Path, encoding: str
) -> None:
    words = "日本語" if encoding == "shift_jis" else "Žluť"
    page = f'<html><meta charset="{encoding}"><p>{words}</p>'
    (found,) = await pages(tmp_path, page.encode(encoding), HTML)
    assert found.text == words

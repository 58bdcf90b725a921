"""Tables of values."""

from pathlib import Path

import pytest

from tests.contract.knowledge.extraction.conftest import pages
from tests.packages import CSV


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
async def test_each_row_is_a_line(tmp_path: Path, separator: str) -> None:
    rows = f'Role{separator}Rate\r\n"Clerk{separator} ""A""\nB"{separator}10\r\n\r\n'
    (page,) = await pages(tmp_path, rows.encode(), CSV)
    assert page.text == f'| Role | Rate |\n| Clerk{separator} "A" B | 10 |'.replace("\t ", " ")

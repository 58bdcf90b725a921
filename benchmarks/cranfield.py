"""The Cranfield collection: 1,400 abstracts, 225 questions, and what judges found relevant.

Relevant is what they gave codes 1 to 4, all the same (binary gain). Questions are numbered by
position. The collection is not in the repository: it lies in `../shared/datasets`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "shared" / "datasets" / "cranfield"
ABSENT = f"there is no Cranfield collection in {FOLDER}"


@dataclass(frozen=True, slots=True)
class Abstract:
    number: int
    title: str
    body: str  # begins with the title


@dataclass(frozen=True, slots=True)
class Collection:
    abstracts: list[Abstract]
    questions: list[str]
    relevant: list[set[int]]  # by position of the question


def read(folder: Path = FOLDER) -> Collection:
    """Raises FileNotFoundError."""
    abstracts = []
    for number, (fields, body) in enumerate(_records(folder / "cran.all.1400"), 1):
        title = re.split(r"^\.A$", fields.split(".T\n", 1)[1], flags=re.MULTILINE)[0]
        if body:  # two have no text
            abstracts.append(Abstract(number, " ".join(title.split()), body))
    questions = [" ".join(body.split()) for _, body in _records(folder / "cran.qry")]
    relevant: list[set[int]] = [set() for _ in questions]
    for line in (folder / "cranqrel").read_text().splitlines():
        question, number, code = map(int, line.split())
        if 1 <= code <= 4:
            relevant[question - 1].add(number)
    return Collection(abstracts, questions, relevant)


def _records(path: Path) -> list[tuple[str, str]]:
    """What stands before and after `.W` in each record."""
    records = re.split(r"^\.I \d+\n", path.read_text(), flags=re.MULTILINE)[1:]
    halves = [record.split(".W\n", 1) for record in records]
    return [(fields, body.strip()) for fields, body in halves]

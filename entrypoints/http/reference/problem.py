"""What can go wrong, as clients know it."""

from msgspec import Struct


class ProblemType(Struct, frozen=True):
    """What every problem with this `code` has in common; its `type` leads here. `explanation` says
    what it means and what to do, `detail` is an example of what one request hears."""

    type: str
    code: str
    status: int
    title: str
    explanation: str
    detail: str


def problem(status: int, code: str, title: str, explanation: str, detail: str) -> ProblemType:
    return ProblemType(f"/problems/{code}", code, status, title, explanation, detail)

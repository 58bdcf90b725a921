"""Where the `type` of an error answer leads."""

from litestar import get
from litestar.params import FromPath

from domain.shared.errors import NotFound
from entrypoints.http.inject import Injected
from entrypoints.http.openapi import problems
from entrypoints.http.reference import PROBLEMS
from entrypoints.http.reference.problem import ProblemType


@get("/problems", summary="Everything that can go wrong")
async def list_problems() -> list[ProblemType]:
    """Every `code` that an error answer may have, by status."""
    return list(PROBLEMS.values())


@get("/problems/{code:str}", summary="What an error's code means", responses=problems(404))
async def show_problem(code: FromPath[str]) -> ProblemType:
    """The `type` of an error answer leads here: what its `code` means, and what to do."""
    if code not in PROBLEMS:
        raise NotFound("no problem has this code, `GET /problems` lists them")
    return PROBLEMS[code]


router = Injected("/", route_handlers=[list_problems, show_problem], tags=["operations"])

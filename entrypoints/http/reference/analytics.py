from entrypoints.http.reference.problem import problem

EXAMPLES = ()
PROBLEMS = (
    problem(
        429,
        "budget_exceeded",
        "The budget for models is used up",
        "Your account may ask models so often in a minute and in a day, and for so much money in a "
        "month; `detail` says which of them it was, and `Retry-After` when there is room again.",
        "100 a day are allowed; there is room again at 2026-11-22T00:00:00+00:00",
    ),
)

"""At most one set answers and at most one is built, whatever operators come to want."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.knowledge.embedding import EmbeddingSet, SetState, activate, rebuild, want

THEN = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("one", "two", "three")


def a_set(name: str, state: SetState = SetState.BUILDING) -> EmbeddingSet:
    return EmbeddingSet(name=name, dimensions=8, state=state, created_at=THEN, changed_at=THEN)


def step(sets: dict[str, EmbeddingSet], act: str, name: str, at: datetime) -> None:
    """What an operator does, kept set by set: after none of them may there be two of a state."""
    found = list(sets.values())
    match act:
        case "want":
            changed = want(found, a_set(name), at)
        case "want none":
            changed = want(found, None, at)
        case "rebuild" if name in sets and sets[name].is_live:
            changed = rebuild(found, sets[name], at)
        case "complete" if building := [s for s in found if s.state is SetState.BUILDING]:
            changed = activate(found, building[0], at)
        case _:
            changed = []
    sets.update({one.name: one for one in changed})


acts = st.tuples(
    st.sampled_from(["want", "want none", "rebuild", "complete"]), st.sampled_from(NAMES)
)


@given(st.lists(acts))
def test_there_is_one_of_each_state_at_most(done: list[tuple[str, str]]) -> None:
    sets: dict[str, EmbeddingSet] = {}
    for number, (act, name) in enumerate(done):
        step(sets, act, name, THEN + timedelta(minutes=number))
        states = [one.state for one in sets.values() if one.is_live]
        assert len(states) == len(set(states)), sets


@given(st.lists(acts), st.sampled_from(NAMES))
def test_what_is_wanted_answers_once_it_is_complete(
    done: list[tuple[str, str]], wanted: str
) -> None:
    sets: dict[str, EmbeddingSet] = {}
    for act, name in [*done, ("want", wanted), ("complete", wanted)]:
        step(sets, act, name, THEN)
    assert sets[wanted].state is SetState.ACTIVE


def test_the_one_that_answers_is_changed_before_the_one_that_takes_its_place() -> None:
    """The database refuses two, also for a moment."""
    old, new = a_set("old", SetState.ACTIVE), a_set("new")
    assert [one.name for one in activate([new, old], new, THEN)] == ["old", "new"]
    built, wanted = a_set("built"), a_set("wanted")
    assert [one.name for one in want([built], wanted, THEN)] == ["built", "wanted"]
    active = a_set("active", SetState.ACTIVE)
    assert [one.name for one in rebuild([active, built], active, THEN)] == ["active"]

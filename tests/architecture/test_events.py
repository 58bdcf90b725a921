"""The queue knows a follower by its name, and calls it with its event: what a typo would break."""

from typing import get_args, get_type_hints

import pytest

from adapters.memory.world import World
from application.events import ABANDONERS, FOLLOWERS, INTERACTIVE


def test_followers_have_names_of_their_own() -> None:
    names = [follower.__name__ for followers in FOLLOWERS.values() for follower in followers]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("event", FOLLOWERS)
def test_a_follower_takes_the_event_it_follows(event: type) -> None:
    world = World()
    followers = FOLLOWERS[event]
    abandoners = [ABANDONERS[one] for one in followers if one in ABANDONERS]
    for use_case in (*followers, *abandoners):
        assert world.get(use_case) is not None
        taken = get_type_hints(use_case.__call__)["event"]
        kinds = get_args(getattr(taken, "__value__", taken)) or (taken,)
        assert event in kinds


def test_who_is_waited_for_follows_something() -> None:
    followers = {follower for followers in FOLLOWERS.values() for follower in followers}
    assert {*INTERACTIVE, *ABANDONERS} <= followers


@pytest.mark.parametrize("event", FOLLOWERS)
def test_facts_carry_ids_and_nothing_personal(event: type) -> None:
    """A waiting job must not outlive an erasure."""
    for name in get_type_hints(event):
        assert name == "id" or name.endswith(("_id", "_key")), name

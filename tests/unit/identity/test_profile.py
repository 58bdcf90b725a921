from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.world import World
from application.identity.profile import ProfileChange, UpdateProfile
from application.identity.users import RegisterUser, Registration
from application.shared.actor import EVERYTHING_OWN, Actor
from domain.identity.profile import checked
from domain.shared.errors import Forbidden, Invalid

ADA = Registration("ada@example.org", "correct horse battery", full_name="Ada", role="Analyst")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def ada(world: World) -> Actor:
    return Actor((await world.get(RegisterUser)(ADA)).id, EVERYTHING_OWN)


async def test_what_is_not_sent_stays_and_null_empties(world: World, ada: Actor) -> None:
    change = ProfileChange(display_name="ada", role=None, preferences={"theme": "dark"})
    view = await world.get(UpdateProfile)(ada, change)
    assert (view.full_name, view.display_name, view.role) == ("Ada", "ada", None)
    assert view.preferences == {"theme": "dark"}
    assert view.updated_at > view.created_at


async def test_a_key_without_the_profile_scope_changes_nothing(world: World, ada: Actor) -> None:
    with pytest.raises(Forbidden):
        await world.get(UpdateProfile)(Actor(ada.user_id), ProfileChange(role="Boss"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timezone", "Mars/Olympus"),
        ("locale", "english please"),
        ("github_url", "javascript:alert(1)"),
        ("github_url", "https://"),
        ("github_url", "https://github.com@evil.example/"),
        ("github_url", "https://x.example:99999/"),
        ("github_url", "https://[::1"),
        ("github_url", "https://x.example/\nb"),
        ("data_retention_days", 29),
        ("preferences", {"x": "y" * 16 * 1024}),
        ("preferences", {"x": "a\x00b"}),
        ("preferences", {"x": [[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]}),
    ],
)
def test_a_profile_keeps_rules(field: str, value: Any) -> None:
    with pytest.raises(Invalid):
        checked({field: value})


@pytest.mark.parametrize(
    "url", ["https://github.com/ada", "http://bücher.example:8080/a?b=c#d", "https://[::1]/"]
)
def test_a_web_address_is_kept_as_it_is(url: str) -> None:
    assert checked({"portfolio_url": url}) == {"portfolio_url": url}


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json, max_size=4))
def test_preferences_that_are_taken_can_be_shown_again(chosen: dict[str, Any]) -> None:
    try:
        kept = checked({"preferences": chosen})
    except Invalid:
        return
    assert msgspec.json.decode(msgspec.json.encode(kept)) == {"preferences": chosen}

"""What every UserReader promises."""

from datetime import timedelta
from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.identity.ports import UserReader, Users
from application.identity.views import AccountView, UserFilter, UserOrder
from application.shared.page import NumberedPage, NumberedRequest, Page, PageRequest, SliceRequest
from domain.identity.user import User
from domain.shared.errors import NotFound
from domain.shared.ids import UserId
from tests.contract.identity.test_users import THEN, a_user


async def some_users(world: AsyncContainer) -> list[User]:
    """Ann, Ben (an inactive administrator), Cat (who never came) and Dan (deleted), in the order
    of their registration."""
    made = [await a_user(world, f"{name}@example.org") for name in ("ann", "ben", "cat", "dan")]
    ann, ben, cat, dan = made
    ann.full_name, ben.full_name, cat.full_name = "Ann 50% Smith", "Ben_jamin", None
    ann.display_name, cat.display_name = "Ännchen", "SMITHY"
    ben.is_admin, ben.is_active, dan.deleted_at = True, False, THEN
    ann.last_login_at, ben.last_login_at = THEN + timedelta(days=1), THEN
    ann.subscription_tier, ann.preferences = "premium", {"theme": ["dark"]}
    async with world() as request:
        for user in made:
            await (await request.get(Users)).add(user)
    return made


async def names(world: AsyncContainer, wanted: UserFilter) -> list[str]:
    reader = await world.get(UserReader)
    found = await reader.page(wanted, SliceRequest())
    assert isinstance(found, list)
    return [user.email.partition("@")[0] for user in found]


async def test_one_is_shown_as_it_is_kept(world: AsyncContainer) -> None:
    ann, *_, dan = await some_users(world)
    reader = await world.get(UserReader)
    shown = await reader.one(ann.id)
    assert (shown.email, shown.is_premium, shown.deleted_at) == (ann.email, True, None)
    assert shown.preferences == ann.preferences
    assert (await reader.one(dan.id)).deleted_at == THEN
    with pytest.raises(NotFound):
        await reader.one(UserId(uuid4()))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (UserFilter(), ["cat", "ben", "ann"]),
        (UserFilter(deleted=True), ["dan"]),
        (UserFilter(is_active=True), ["cat", "ann"]),
        (UserFilter(is_admin=True), ["ben"]),
        (UserFilter(is_admin=True, is_active=True), []),
        (UserFilter(q="smith"), ["cat", "ann"]),
        (UserFilter(q="BEN@ex"), ["ben"]),
        (UserFilter(q="änn"), ["ann"]),
        (UserFilter(q="50%"), ["ann"]),
        (UserFilter(q="%"), ["ann"]),
        (UserFilter(q="n_j"), ["ben"]),
        (UserFilter(q="_"), ["ben"]),
        (UserFilter(q="\\"), []),
        (UserFilter(q="' OR true --"), []),
        (UserFilter(sort=UserOrder.CREATED), ["ann", "ben", "cat"]),
        (UserFilter(sort=UserOrder.EMAIL_DOWN), ["cat", "ben", "ann"]),
        (UserFilter(sort=UserOrder.LAST_LOGIN), ["cat", "ben", "ann"]),
    ],
)
async def test_a_filter_finds_whom_it_says(
    world: AsyncContainer, wanted: UserFilter, expected: list[str]
) -> None:
    await some_users(world)
    assert await names(world, wanted) == expected


@pytest.mark.parametrize("sort", UserOrder)
@pytest.mark.parametrize("size", [1, 2, 3])
async def test_pages_behind_each_other_are_the_list(
    world: AsyncContainer, sort: UserOrder, size: int
) -> None:
    await some_users(world)
    reader = await world.get(UserReader)
    wanted = UserFilter(sort=sort)
    seen: list[AccountView] = []
    request = PageRequest(size)
    while True:
        page = await reader.page(wanted, request)
        assert isinstance(page, Page)
        seen += page.items
        if page.next is None:
            break
        request = PageRequest(size, page.next)
    assert seen == await reader.page(wanted, SliceRequest())
    assert len(seen) == 3


async def test_a_numbered_page_counts_what_the_filter_finds(world: AsyncContainer) -> None:
    await some_users(world)
    reader = await world.get(UserReader)
    for number, length in ((1, 2), (2, 1), (3, 0)):
        page = await reader.page(UserFilter(), NumberedRequest(number, 2))
        assert isinstance(page, NumberedPage)
        assert (len(page.items), page.total, page.total_pages) == (length, 3, 2)
    none = await reader.page(UserFilter(q="nobody"), NumberedRequest())
    assert none == NumberedPage([], 0, 1, 20, 0)


async def test_nobody_stands_behind_an_unknown_one(world: AsyncContainer) -> None:
    await some_users(world)
    reader = await world.get(UserReader)
    page = await reader.page(UserFilter(sort=UserOrder.EMAIL), PageRequest(9, uuid4()))
    assert page == Page([], None)

"""Models that nobody knows the price of."""

from dataclasses import replace

from dishka import AsyncContainer

from application.models.choice import FindUnpriced


async def unpriced(world: AsyncContainer, *allowed: str) -> list[str]:
    async with world() as request:
        find = await request.get(FindUnpriced)
        found: list[str] = await replace(find, models=replace(find.models, allowed=allowed))()
        return found


async def test_what_no_limit_of_money_holds_back_is_told(world: AsyncContainer) -> None:
    assert await unpriced(world, "gpt-4", "gpt-5-nano") == ["cites", "gpt-5-nano"]
    assert "gpt-4" not in await unpriced(world, "gpt-4")

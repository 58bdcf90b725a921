from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from application.identity.ports import Users
from application.identity.views import UserView, user_view
from application.shared.actor import Actor, Scope
from application.shared.patch import given
from application.shared.ports import Clock, Transaction
from application.shared.text import Text
from domain.identity.profile import checked

type Url = Annotated[Text, Meta(max_length=500)]


class ProfileChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Only what is sent is changed, and null empties it. `preferences` are replaced as a whole: at
    most 16 KiB. `data_retention_days`: at least 30, null keeps everything."""

    display_name: Annotated[Text, Meta(min_length=2, max_length=100)] | UnsetType | None = UNSET
    full_name: Annotated[Text, Meta(min_length=1, max_length=255)] | UnsetType | None = UNSET
    timezone: Annotated[Text, Meta(max_length=50)] | UnsetType = UNSET
    locale: Annotated[Text, Meta(max_length=35)] | UnsetType = UNSET
    organization: Annotated[Text, Meta(max_length=255)] | UnsetType | None = UNSET
    role: Annotated[Text, Meta(max_length=100)] | UnsetType | None = UNSET
    phone: Annotated[Text, Meta(max_length=50)] | UnsetType | None = UNSET
    location: Annotated[Text, Meta(max_length=255)] | UnsetType | None = UNSET
    linkedin_url: Url | UnsetType | None = UNSET
    github_url: Url | UnsetType | None = UNSET
    portfolio_url: Url | UnsetType | None = UNSET
    preferences: dict[str, Any] | UnsetType = UNSET
    data_retention_days: Annotated[int, Meta(le=36500)] | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class UpdateProfile:
    """Change what the caller says of themselves. Raises InvalidTimezone, InvalidLocale,
    InvalidUrl, InvalidRetention, InvalidPreferences."""

    users: Users
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, change: ProfileChange) -> UserView:
        actor.require(Scope.PROFILE)
        profile, now = checked(given(change)), self.clock.now()
        async with self.transaction:
            user = await self.users.get(actor.user_id)
            user.revise(profile, now)
            await self.users.save(user)
        return user_view(user, now)

from dataclasses import dataclass
from datetime import datetime

from application.files.exports import Files, Objects, Purpose, Sniffer, Upload, forget, receive
from application.identity.ports import Users
from application.identity.views import UserView, user_view
from application.shared.actor import Actor, Scope
from application.shared.ports import Clock, Ids, Outbox, Transaction
from domain.files.file import StoredFile
from domain.identity.user import User
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class SetAvatar:
    """Keep the caller's picture, in the place of the one before. Raises what `receive` raises."""

    users: Users
    files: Files
    objects: Objects
    sniffer: Sniffer
    clock: Clock
    ids: Ids
    outbox: Outbox
    transaction: Transaction

    async def __call__(self, actor: Actor, upload: Upload) -> UserView:
        actor.require(Scope.PROFILE)
        now = self.clock.now()
        file = await receive(
            upload,
            self.objects,
            self.sniffer,
            owner=actor.user_id,
            purpose=Purpose.AVATAR,
            file_id=self.ids.next(),
            at=now,
        )
        try:
            user = await self._replace(file)
        except BaseException:
            await self.objects.remove(file.storage_key)
            raise
        return user_view(user, now)

    async def _replace(self, file: StoredFile) -> User:
        async with self.transaction:
            user = await self.users.get(file.user_id)
            await _forget_all(user.id, self.files, self.outbox, self.ids)
            await self.files.add(file)
            return await _changed(user, f"/api/v1/files/{file.id}", self.users, file.created_at)


@dataclass(frozen=True, slots=True)
class RemoveAvatar:
    """Nothing happens when there is none."""

    users: Users
    files: Files
    clock: Clock
    ids: Ids
    outbox: Outbox
    transaction: Transaction

    async def __call__(self, actor: Actor) -> None:
        actor.require(Scope.PROFILE)
        async with self.transaction:
            user = await self.users.get(actor.user_id)
            await _forget_all(user.id, self.files, self.outbox, self.ids)
            await _changed(user, None, self.users, self.clock.now())


async def _forget_all(owner: UserId, files: Files, outbox: Outbox, ids: Ids) -> None:
    for file_id in await files.of(owner, Purpose.AVATAR):
        await forget(file_id, files, outbox, ids, owner=owner)


async def _changed(user: User, url: str | None, users: Users, at: datetime) -> User:
    user.revise({"avatar_url": url}, at)
    await users.save(user)
    return user

"""The public door to accounts. RegisterUser, behind it, is also what administrators use."""

from dataclasses import dataclass

from application.identity.policy import Policy
from application.identity.ports import Users
from application.identity.throttling import AddressLimits
from application.identity.users import RegisterUser, Registration
from application.identity.views import UserView
from application.shared.actor import Client
from application.shared.ports import Ids, Outbox, Transaction
from domain.identity.events import RegistrationAttempted
from domain.identity.user import EmailTaken, email
from domain.shared.errors import Forbidden


class RegistrationClosed(Forbidden): ...


@dataclass(frozen=True, slots=True)
class SignUp:
    """Open an account for whoever asks: the account, or, under ANTI_ENUMERATION, None, new or not;
    the owner of the address hears of it by mail. Raises RegistrationClosed, Busy, and what
    RegisterUser raises."""

    register: RegisterUser
    addresses: AddressLimits
    policy: Policy
    users: Users
    ids: Ids
    outbox: Outbox
    transaction: Transaction

    async def __call__(self, registration: Registration, client: Client) -> UserView | None:
        if not self.policy.registration_open:
            raise RegistrationClosed("nobody can register here")
        await self.addresses.count_registration(client)
        if not self.policy.anti_enumeration:
            return await self.register(registration)
        try:
            await self.register(registration)
        except EmailTaken:
            await self._tell_the_owner(registration)
        return None

    async def _tell_the_owner(self, registration: Registration) -> None:
        owner = await self.users.by_email(email(registration.email))
        if owner is not None:
            async with self.transaction:
                await self.outbox.publish(RegistrationAttempted(self.ids.next(), owner.id))

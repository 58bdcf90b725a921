"""What slows down who guesses passwords, or opens accounts by the hundred. All of it is asked before
a password is hashed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

from application.identity.policy import Policy
from application.identity.ports import AuditLog, LoginFailures
from application.shared.actor import Client
from application.shared.limits import RateLimits
from application.shared.ports import Clock, Ids, Transaction
from domain.identity.audit import AuditEvent, Outcome
from domain.identity.login_failures import Failures
from domain.shared.ids import UserId

type Limiter = Callable[[str, int, timedelta, datetime], Awaitable[object]]

_MINUTE = timedelta(minutes=1)
_SITE = 64  # bits of an IPv6 address that its holder cannot choose


@dataclass(frozen=True, slots=True)
class AddressLimits:
    """Per client address, or per /64 for IPv6. Raises Busy."""

    limits: RateLimits
    policy: Policy
    clock: Clock

    async def count_registration(self, client: Client) -> None:
        most = self.policy.registrations_per_minute
        await self._ask(self.limits.count, "registrations", most, client)

    async def check_wrong_passwords(self, client: Client) -> None:
        most = self.policy.wrong_passwords_per_minute
        await self._ask(self.limits.check, "wrong_passwords", most, client)

    async def count_wrong_password(self, client: Client) -> None:
        most = self.policy.wrong_passwords_per_minute
        await self._ask(self.limits.count, "wrong_passwords", most, client)

    async def _ask(self, limiter: Limiter, what: str, most: int, client: Client) -> None:
        if most and client.address:
            bucket = f"{what}:{_site(client.address)}"
            await limiter(bucket, most, _MINUTE, self.clock.now())


@dataclass(frozen=True, slots=True)
class LoginThrottle:
    """Per identifier and per address. What is counted stays, whatever the caller is answered."""

    failures: LoginFailures
    addresses: AddressLimits
    audit: AuditLog
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def admit(self, identifier: bytes, client: Client) -> None:
        """Before hashing. Raises AccountLocked, Busy."""
        if failures := await self.failures.get(identifier):
            failures.admit(self.clock.now())
        await self.addresses.check_wrong_passwords(client)

    async def count(self, identifier: bytes, user_id: UserId | None, client: Client) -> None:
        """A wrong password, of an account or of none: both cost the same. Raises AccountLocked when
        others who guessed at the same time have locked it: then this one does not count; Busy."""
        now = self.clock.now()
        async with self.transaction:
            failures = await self.failures.hold(identifier, now)
            if not (locked := failures.locked(now)):
                failures.add(now)
                await self.failures.save(failures)
                await self.audit.add(self._denial(failures, user_id, client))
        if locked:
            failures.admit(now)
        await self.addresses.count_wrong_password(client)

    async def forgive(self, identifier: bytes) -> None:
        """After the right password, inside the transaction that opens the session. Raises
        AccountLocked when it came while it was locked: guesses sent all at once gain nothing."""
        if failures := await self.failures.get(identifier):
            failures.admit(self.clock.now())
            await self.failures.reset(identifier)

    def _denial(self, failures: Failures, user_id: UserId | None, client: Client) -> AuditEvent:
        return AuditEvent(
            id=self.ids.next(),
            at=failures.last_at,
            action="login.locked" if failures.locked(failures.last_at) else "login.denied",
            outcome=Outcome.DENIED,
            object_type="user",
            object_id=user_id,
            request_id=client.request_id,
        )


def _site(address: str) -> str:
    """Who counts as one: a household has 2^64 IPv6 addresses and would never be slowed down."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> _SITE << _SITE))

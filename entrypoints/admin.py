from datetime import timedelta

from application.files.sweeping import SweepFiles
from application.files.views import Sweep
from application.identity.audit import Verdict, VerifyAudit
from application.identity.ports import AuditLog
from application.identity.signing_keys import RotateKeys
from application.identity.users import RegisterUser, Registration
from application.identity.views import UserView
from application.shared.ports import Clock, Ids, Transaction
from domain.identity.audit import AuditEvent
from entrypoints.container import production
from entrypoints.settings import Settings


async def create(settings: Settings, email: str, password: str) -> UserView:
    """Register an administrator. Raises what RegisterUser raises."""
    container = production(settings)
    try:
        async with container() as request:
            register = await request.get(RegisterUser)
            user = await register(Registration(email, password), is_admin=True)
            clock, ids = await request.get(Clock), await request.get(Ids)
            made = AuditEvent(
                id=ids.next(),
                at=clock.now(),
                action="admin.created",
                object_type="user",
                object_id=user.id,
            )
            async with await request.get(Transaction):
                await (await request.get(AuditLog)).add(made)
        return user
    finally:
        await container.close()


async def verify(settings: Settings) -> Verdict:
    """Whether the audit log is as it was written."""
    container = production(settings)
    try:
        async with container() as request:
            return await (await request.get(VerifyAudit))()
    finally:
        await container.close()


async def sweep(settings: Settings, older_than: timedelta) -> Sweep:
    """Remove from the storage what no file refers to and is older."""
    container = production(settings)
    try:
        async with container() as request:
            return await (await request.get(SweepFiles))(older_than)
    finally:
        await container.close()


async def rotate_keys(settings: Settings) -> None:
    """Sign access tokens with the next key from now on."""
    container = production(settings)
    try:
        async with container() as request:
            await (await request.get(RotateKeys))()
    finally:
        await container.close()

from adapters.memory.world import World
from application.identity.ports import KeyPairs, SigningKeys
from application.identity.signing_keys import RotateKeys
from application.shared.ports import Clock
from domain.identity.audit import AuditEvent, Entry
from domain.identity.signing_key import KeyState


async def test_a_rotation_is_audited() -> None:
    world = World()
    keys, now = world.get(SigningKeys), world.get(Clock).now()
    for state in (KeyState.ACTIVE, KeyState.NEXT):
        await keys.add(world.get(KeyPairs).make(state, now))
    _, following = await keys.all()

    await world.get(RotateKeys)()

    active, fresh, retiring = await keys.all()
    assert active.kid == following.kid
    assert (fresh.state, retiring.state) == (KeyState.NEXT, KeyState.RETIRING)
    assert retiring.retired_at is not None
    assert [event.action for event in events(world)] == ["signing_key.rotated"]


def events(world: World) -> list[AuditEvent]:
    return [entry.event for entry in world.store.table(Entry).values()]

from dataclasses import dataclass

from msgspec import Struct

from application.analytics.exports import Meter
from application.models.ports import ChatModels
from application.shared.actor import Actor, Scope
from application.shared.ports import Clock


class ModelsView(Struct, frozen=True):
    """The models that a question may ask for. Without a provider there are none, and answers are
    made of the documents' own sentences. `fallbacks` are asked, in turn, when `provider` fails."""

    available: bool
    provider: str | None
    default: str | None
    models: list[str]
    fallbacks: list[str]


@dataclass(frozen=True, slots=True)
class ListModels:
    """Which models may be asked for, and who provides them."""

    models: ChatModels

    async def __call__(self, actor: Actor) -> ModelsView:
        actor.require(Scope.CHAT)
        names = [model.provider for model in self.models.providers]
        choice = self.models.choice
        return ModelsView(
            available=bool(names),
            provider=names[0] if names else None,
            default=choice[0] if choice else None,
            models=choice,
            fallbacks=names[1:],
        )


@dataclass(frozen=True, slots=True)
class FindUnpriced:
    """The models that may answer and have no price. What they cost nobody knows, so no limit of money
    holds them back: the operator should."""

    models: ChatModels
    meter: Meter
    clock: Clock

    async def __call__(self) -> list[str]:
        first = [
            (model.provider, name)
            for model in self.models.providers[:1]
            for name in self.models.choice
        ]
        others = [(model.provider, model.default_model) for model in self.models.providers[1:]]
        now = self.clock.now()
        return [
            name
            for provider, name in first + others
            if not await self.meter.has_price(provider, name, now)
        ]

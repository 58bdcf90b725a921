from dataclasses import dataclass

from msgspec import Struct

from application.models.ports import ChatModels
from application.shared.actor import Actor, Scope


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

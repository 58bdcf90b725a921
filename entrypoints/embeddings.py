"""The models that the settings and the installed packages give us."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.models.minilm import MiniLmEmbedder
from adapters.models.models import InstalledModels
from adapters.models.static import StaticEmbedder
from application.knowledge.ports import Embedder
from entrypoints.settings import EmbeddingModel, Settings

_TIMEOUT = 30.0  # seconds, to connect and between two parts of an answer


@asynccontextmanager
async def models(settings: Settings) -> AsyncIterator[InstalledModels]:
    """None of them is loaded before it is asked. Without embeddings there is none at all; else
    those on this machine are at hand, for as long as vectors of theirs answer."""
    if settings.embeddings is EmbeddingModel.NONE:
        yield InstalledModels(None)
        return
    minilm, static = MiniLmEmbedder(), StaticEmbedder()
    local = [one for one in (minilm, static) if one.is_installed]
    try:
        match settings.embeddings:
            case EmbeddingModel.MINILM:
                yield InstalledModels(minilm, local)
            case EmbeddingModel.STATIC:
                yield InstalledModels(static, local)
            case _:
                async with _external(settings) as external:
                    yield InstalledModels(external, local)
    finally:
        minilm.close()
        static.close()


@asynccontextmanager
async def _external(settings: Settings) -> AsyncIterator[Embedder]:
    import httpx  # not there without the external-models extra

    from adapters.models.external import ExternalEmbedder

    key = settings.embedding_api_key
    headers = {"authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(
        base_url=settings.embedding_base_url or "", headers=headers, timeout=_TIMEOUT
    ) as client:
        yield ExternalEmbedder(
            client, settings.embedding_model or "", settings.embedding_dimensions or 0
        )

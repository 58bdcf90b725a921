"""Calls to model providers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Protocol

from dishka import Provider, Scope, provide, provide_all

from adapters.postgres.models import PostgresEgressLedger
from adapters.postgres.records import PostgresModelRecords
from application.knowledge.exports import Egress
from application.models.choice import FindUnpriced, ListModels
from application.models.dispatch import Dispatch
from application.models.egress import AllowEgress, AllowEmbedding, ListEgress
from application.models.ports import ChatModels, EgressLedger, ModelRecords
from application.models.tracing import Tracer, Tracers
from entrypoints.settings import AiProvider, Settings

GEMINI_URL = "https://generativelanguage.googleapis.com/v1beta/openai/"
OPENAI_URL = "https://api.openai.com/v1/"
GEMINI_REASONING = 4096


class Closable(Tracer, Protocol):
    def close(self) -> None: ...


class UseCases(Provider):
    scope = Scope.REQUEST

    models = provide_all(AllowEgress, Dispatch, FindUnpriced, ListEgress, ListModels)
    embedding = provide(AllowEmbedding, provides=Egress)


class Policies(Provider):
    """What the settings say about providers, in every world."""

    scope = Scope.APP

    @provide
    async def chat_models(self, settings: Settings) -> AsyncIterator[ChatModels]:
        if not settings.model_providers:
            yield ChatModels()
            return
        # Loading it takes a second, which who has no provider does not wait for.
        from adapters.models.openai_chat import Endpoint, OpenAiChat, Timeouts

        timeouts = Timeouts(
            connect=settings.ai_connect_timeout_seconds,
            first_token=settings.ai_first_token_timeout_seconds,
            idle=settings.ai_idle_timeout_seconds,
            total=settings.ai_total_timeout_seconds,
        )
        endpoints = [
            Endpoint(name, *_endpoint(settings, name), _reasoning_tokens(settings, name))
            for name in settings.model_providers
        ]
        providers = tuple(OpenAiChat(endpoint, timeouts) for endpoint in endpoints)
        yield ChatModels(providers, settings.ai_models, settings.ai_context_tokens)
        for provider in providers:
            await provider.close()

    @provide
    async def tracers(self, settings: Settings) -> AsyncIterator[Tracers]:
        found = [*_collector(settings), *_langfuse(settings)]
        yield Tracers(tuple(found))
        await asyncio.gather(*(asyncio.to_thread(tracer.close) for tracer in found))


class Adapters(Provider):
    scope = Scope.REQUEST

    ledger = provide(PostgresEgressLedger, provides=EgressLedger)
    records = provide(PostgresModelRecords, provides=ModelRecords)


def _endpoint(settings: Settings, name: AiProvider) -> tuple[str, str | None, str]:
    """Where it is, what opens it, and its model."""
    if name is AiProvider.GEMINI:
        address = settings.gemini_base_url or GEMINI_URL
        return address, settings.gemini_api_key, settings.gemini_model
    address = settings.openai_base_url or OPENAI_URL
    return address, settings.openai_api_key, settings.openai_model


def _reasoning_tokens(settings: Settings, name: AiProvider) -> int:
    """Gemini's models think unless they are told not to."""
    usual = GEMINI_REASONING if name is AiProvider.GEMINI else 0
    return usual if settings.ai_reasoning_tokens is None else settings.ai_reasoning_tokens


def _collector(settings: Settings) -> Iterator[Closable]:
    if settings.otel_exporter_otlp_endpoint:
        from adapters.tracing.otlp import OtlpTracer

        yield OtlpTracer(settings.otel_exporter_otlp_endpoint)


def _langfuse(settings: Settings) -> Iterator[Closable]:
    public, secret = settings.langfuse_public_key, settings.langfuse_secret_key
    if public and secret:
        from adapters.tracing.langfuse import LangfuseTracer

        capture = settings.langfuse_capture_content
        yield LangfuseTracer(settings.langfuse_host, public, secret, capture=capture)

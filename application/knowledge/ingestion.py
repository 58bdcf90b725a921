"""From bytes to passages that can be found: a chain of steps, each following the one before.

A step does its slow work first and then, in one transaction, keeps what it made, moves the
version on and publishes the fact that starts the next step. Delivered twice, it finds the version
already past it and does nothing. Killed anywhere, it is done again from its start.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from application.files.exports import Files, Objects, StoredFile, extension
from application.identity.exports import ConsentRequired
from application.knowledge.embedding import Passages
from application.knowledge.embedding_ports import EmbeddingSets
from application.knowledge.ports import Documents, Extractor, SearchIndex, Splitter, Texts
from application.knowledge.steps import Ingested, Progress
from application.knowledge.versions import superseded
from domain.knowledge.chunk import LIMIT, Chunk, chunks, sections
from domain.knowledge.document import ExtractionFailed, Failure, Step, Version
from domain.knowledge.events import (
    ChunksEmbedded,
    DocumentCompleted,
    DocumentUploaded,
    TermsIndexed,
    TextChunked,
    TextExtracted,
)
from domain.knowledge.text import CanonicalText, Properties, canonical
from domain.shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class ExtractText:
    """Follows DocumentUploaded. A document that cannot be read fails with the reason."""

    progress: Progress
    files: Files
    objects: Objects
    extractor: Extractor
    texts: Texts

    async def __call__(self, event: DocumentUploaded) -> None:
        version = await self.progress.begin(event, Step.EXTRACT)
        if version is None:
            return
        try:
            file = await self.files.get(version.user_id, version.file_id)
            text, properties = await self._read(file)
        except ExtractionFailed as error:
            await self.progress.fail(event, error.failure, error.detail)
            return

        async def keep() -> None:
            await self.texts.put(version.user_id, version.id, text, properties)

        await self.progress.finish(event, Step.EXTRACT, keep, TextExtracted)

    async def _read(self, file: StoredFile) -> tuple[CanonicalText, Properties]:
        async with _local_copy(self.objects.read(file.storage_key)) as path:
            extracted = await self.extractor.extract(path, file.media_type)
        text, said = canonical(extracted.pages), extracted.properties
        if not text.content:
            raise ExtractionFailed(Failure.NO_TEXT, "there is no text in this document")
        return text, replace(said, page_count=said.page_count or len(text.pages))


@dataclass(frozen=True, slots=True)
class ChunkText:
    """Follows TextExtracted."""

    progress: Progress
    texts: Texts
    splitter: Splitter

    async def __call__(self, event: TextExtracted) -> None:
        version = await self.progress.begin(event, Step.CHUNK)
        if version is None:
            return
        text = await self.texts.get(version.user_id, version.id)
        made = await asyncio.to_thread(self._chunks, version, text)

        async def keep() -> None:
            await self.texts.put_chunks(version.user_id, version.id, made)

        await self.progress.finish(event, Step.CHUNK, keep, TextChunked)

    def _chunks(self, version: Version, text: CanonicalText) -> list[Chunk]:
        pieces = [
            piece.shifted(section.start)
            for section in sections(text)
            for piece in self.splitter.split(section.of(text.content), LIMIT)
        ]
        return chunks(version.user_id, version.document_id, version.id, text, pieces)


@dataclass(frozen=True, slots=True)
class IndexTerms:
    """Follows TextChunked."""

    progress: Progress
    index: SearchIndex

    async def __call__(self, event: TextChunked) -> None:
        version = await self.progress.begin(event, Step.INDEX)
        if version is None:
            return

        async def keep() -> None:
            await self.index.put_terms(version.user_id, version.id)

        await self.progress.finish(event, Step.INDEX, keep, TermsIndexed)


@dataclass(frozen=True, slots=True)
class EmbedChunks:
    """Follows TermsIndexed. Batches already kept are not embedded again."""

    progress: Progress
    texts: Texts
    passages: Passages
    sets: EmbeddingSets
    index: SearchIndex

    async def __call__(self, event: TermsIndexed) -> None:
        while True:
            with suppress(_SetsChanged, ConsentRequired):
                return await self._embed(event)

    async def _embed(self, event: TermsIndexed) -> None:
        models = await self.passages.models_for(event.user_id)
        count = await self.texts.count_chunks(event.user_id, event.version_id)
        version = await self.progress.begin(event, Step.EMBED, count * len(models) or 1)
        if version is None:
            return
        done = version.done
        for model in models:
            async for pairs in self.passages.embedded(event.user_id, event.version_id, model):
                done += len(pairs)
                keep = partial(self.index.put_vectors, event.user_id, model.embedding_set, pairs)
                if not await self.progress.advance(event, Step.EMBED, done, keep):
                    return

        async def keep_all() -> None:
            await self.sets.held()
            if await self.passages.models_for(event.user_id) != models:
                raise _SetsChanged

        await self.progress.finish(event, Step.EMBED, keep_all, ChunksEmbedded)


@dataclass(frozen=True, slots=True)
class PublishVersion:
    """Follows ChunksEmbedded: from here on readers and search see this version, and no longer the
    one before."""

    progress: Progress
    documents: Documents
    files: Files
    texts: Texts

    async def __call__(self, event: ChunksEmbedded) -> None:
        version = await self.progress.begin(event, Step.PUBLISH)
        if version is None:
            return
        file = await self.files.get(version.user_id, version.file_id)
        said = asdict(await self.texts.properties(version.user_id, version.id))
        del said["title"]  # its owner has named it, or sees the file's name
        known = {**said, "file_type": extension(file.media_type)}
        with suppress(NotFound):
            await self._publish(event, version, known)

    async def _publish(
        self, event: ChunksEmbedded, version: Version, known: Mapping[str, Any]
    ) -> None:
        progress = self.progress
        async with progress.transaction:
            document = await self.documents.get(version.user_id, version.document_id)

            async def keep() -> None:
                if document.current_version_id is not None:
                    await progress.outbox.publish(superseded(document, progress.ids))
                document.current_version_id = version.id
                document.revise(known, progress.clock.now())
                await self.documents.save(document)

            await progress.conclude(event, Step.PUBLISH, keep, DocumentCompleted)


@dataclass(frozen=True, slots=True)
class FailIngestion:
    """When a step has failed for the last time, its document says so."""

    progress: Progress

    async def __call__(self, event: Ingested) -> None:
        detail = "we could not process this document; `retry` tries again"
        await self.progress.fail(event, Failure.INTERNAL, detail)


@asynccontextmanager
async def _local_copy(content: AsyncIterator[bytes]) -> AsyncIterator[Path]:
    # A file without a name: not even kill -9 leaves a copy of the document behind.
    with tempfile.TemporaryFile() as file:
        async for piece in content:
            await asyncio.to_thread(file.write, piece)
        file.flush()
        yield Path(f"/dev/fd/{file.fileno()}")


class _SetsChanged(Exception):
    """Another model is to be asked, which has not read the passages yet."""

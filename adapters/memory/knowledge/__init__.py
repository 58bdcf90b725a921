"""What answers from memory behind the ports of knowledge."""

from adapters.memory.knowledge.documents import (
    MemoryDocumentReader,
    MemoryDocuments,
    MemoryTexts,
    MemoryVersions,
)
from adapters.memory.knowledge.embedder import NoEmbedder
from adapters.memory.knowledge.extractor import PlainExtractor
from adapters.memory.knowledge.recall import MemoryRecallProbe
from adapters.memory.knowledge.search import MemorySearchIndex
from adapters.memory.knowledge.splitter import PlainSplitter
from application.knowledge.ports import (
    DocumentReader,
    Documents,
    Embedder,
    Extractor,
    SearchIndex,
    Splitter,
    Texts,
    Versions,
)
from application.knowledge.recall import RecallProbe

PORTS: dict[type, type] = {
    DocumentReader: MemoryDocumentReader,
    Documents: MemoryDocuments,
    Embedder: NoEmbedder,
    Extractor: PlainExtractor,
    RecallProbe: MemoryRecallProbe,
    SearchIndex: MemorySearchIndex,
    Splitter: PlainSplitter,
    Texts: MemoryTexts,
    Versions: MemoryVersions,
}

"""What answers from memory behind the ports of knowledge."""

from adapters.memory.knowledge.document_reader import MemoryDocumentReader
from adapters.memory.knowledge.documents import MemoryDocuments, MemoryTexts, MemoryVersions
from adapters.memory.knowledge.embedding import (
    MemoryEmbeddingSets,
    MemoryVectors,
    MemoryVectorUpkeep,
    NoModels,
)
from adapters.memory.knowledge.extractor import PlainExtractor
from adapters.memory.knowledge.orphans import MemoryOrphanProbe
from adapters.memory.knowledge.recall import MemoryIndexedOwners, MemoryRecallProbe
from adapters.memory.knowledge.search import MemorySearchIndex
from adapters.memory.knowledge.splitter import PlainSplitter
from application.knowledge.embedding_ports import EmbeddingSets, Vectors, VectorUpkeep
from application.knowledge.orphans import OrphanProbe
from application.knowledge.ports import (
    DocumentReader,
    Documents,
    Extractor,
    Models,
    SearchIndex,
    Splitter,
    Texts,
    Versions,
)
from application.knowledge.recall import IndexedOwners, RecallProbe

PORTS: dict[type, type] = {
    DocumentReader: MemoryDocumentReader,
    Documents: MemoryDocuments,
    EmbeddingSets: MemoryEmbeddingSets,
    Extractor: PlainExtractor,
    IndexedOwners: MemoryIndexedOwners,
    Models: NoModels,
    OrphanProbe: MemoryOrphanProbe,
    RecallProbe: MemoryRecallProbe,
    SearchIndex: MemorySearchIndex,
    Splitter: PlainSplitter,
    Texts: MemoryTexts,
    Vectors: MemoryVectors,
    VectorUpkeep: MemoryVectorUpkeep,
    Versions: MemoryVersions,
}

"""What answers from memory behind the ports of files."""

from adapters.memory.files.files import MemoryAllFiles, MemoryFiles, MemoryObjects, MemorySweeps
from adapters.memory.files.sniffer import PlainSniffer
from application.files.ports import AllFiles, Files, Objects, Sniffer, Sweeps

PORTS: dict[type, type] = {
    AllFiles: MemoryAllFiles,
    Files: MemoryFiles,
    Objects: MemoryObjects,
    Sniffer: PlainSniffer,
    Sweeps: MemorySweeps,
}

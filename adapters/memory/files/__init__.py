"""What answers from memory behind the ports of files."""

from adapters.memory.files.files import MemoryFiles, MemoryObjects
from adapters.memory.files.sniffer import PlainSniffer
from application.files.ports import Files, Objects, Sniffer

PORTS: dict[type, type] = {
    Files: MemoryFiles,
    Objects: MemoryObjects,
    Sniffer: PlainSniffer,
}

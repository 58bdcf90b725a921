"""Ship the four layers as colonnade.<layer>, so an installed wheel owns one name."""

import re
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LAYERS = ("domain", "application", "adapters", "entrypoints")
DATA = {".css", ".js", ".json", ".txt", ".typed"}
IMPORT = re.compile(rf"^(\s*)(from|import) ({'|'.join(LAYERS)})(?=[.\s])", re.MULTILINE)


class PrefixLayers(BuildHookInterface):  # type: ignore[type-arg]
    """In the repository one imports `domain…`, from the wheel `colonnade.domain…`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        out = Path(tempfile.mkdtemp())
        for source in self._sources():
            name = source.relative_to(self.root)
            target = out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_prefixed(source))
            build_data["force_include"][str(target)] = f"colonnade/{name}"
        self.build_config.target_config["packages"] = []
        self.build_config.target_config["only-include"] = ["colonnade"]

    def _sources(self) -> list[Path]:
        files = [path for layer in LAYERS for path in (Path(self.root) / layer).rglob("*")]
        return [path for path in files if path.suffix in {".py", *DATA}]


def _prefixed(source: Path) -> bytes:
    if source.suffix in DATA:
        return source.read_bytes()
    return IMPORT.sub(r"\1\2 colonnade.\3", source.read_text()).encode()

"""Ship the four layers as colonnade.<layer>, so an installed wheel owns one name."""

import re
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LAYERS = ("domain", "application", "adapters", "entrypoints")
IMPORT = re.compile(rf"^(\s*)(from|import) ({'|'.join(LAYERS)})(?=[.\s])", re.MULTILINE)


class PrefixLayers(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        out = Path(tempfile.mkdtemp())
        for layer in LAYERS:
            for source in (Path(self.root) / layer).rglob("*"):
                if source.suffix not in {".py", ".typed"}:
                    continue
                target = out / source.relative_to(self.root)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(IMPORT.sub(r"\1\2 colonnade.\3", source.read_text()))
                build_data["force_include"][str(target)] = (
                    f"colonnade/{source.relative_to(self.root)}"
                )
        self.build_config.target_config["packages"] = []
        self.build_config.target_config["only-include"] = ["colonnade"]

"""Models that packages of PyPI carry as files: their code is never imported."""

import hashlib
from importlib.util import find_spec
from pathlib import Path


class ModelUnusable(RuntimeError):
    """The model's file is not installed, or is not the one this code was tried with."""


def installed(package: str) -> bool:
    return find_spec(package) is not None


def verified(package: str, name: str, sha256: str, extra: str) -> bytes:
    """The file's content. Raises ModelUnusable."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModelUnusable(f"there is no such model here: install colonnade[{extra}]")
    path = Path(spec.submodule_search_locations[0]) / name
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ModelUnusable(f"{path} is not the model it should be")
    return content

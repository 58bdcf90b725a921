import ast
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ("domain", "application", "adapters", "entrypoints")
ALLOWED = {
    "domain": {*sys.stdlib_module_names, "domain"},
    "application": {*sys.stdlib_module_names, "domain", "application", "msgspec"},
}


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def whole_modules(path: Path) -> set[str]:
    """The `x` of every `import x`."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}


def imported(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    parts = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return whole_modules(path) | parts


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_is_the_repositorys_own(layer: str) -> None:
    """A stray package of the same name in site-packages would shadow it."""
    module = import_module(layer)
    assert module.__file__ is not None
    assert Path(module.__file__).is_relative_to(ROOT)


@pytest.mark.parametrize("layer", ALLOWED)
def test_the_core_imports_nothing_else(layer: str) -> None:
    for path in sources(layer):
        foreign = {name for name in imported(path) if name.split(".")[0] not in ALLOWED[layer]}
        assert not foreign, path


def test_no_import_hides_from_the_wheel_or_the_container() -> None:
    """The wheel rewrites `from layer.x import y` only, and dishka reads hints at run time."""
    for path in sources(*LAYERS):
        text = path.read_text()
        assert "from __future__ import annotations" not in text, path
        assert "TYPE_CHECKING" not in text, path
        assert not {name.split(".")[0] for name in whole_modules(path)} & set(LAYERS), path


def test_every_public_port_and_use_case_says_what_it_promises() -> None:
    silent = []
    for path in sources("application"):
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
                continue
            methods = {n.name for n in node.body if isinstance(n, ast.AsyncFunctionDef)}
            if "__call__" in methods and ast.get_docstring(node) is None:
                silent.append(f"{path.name}: {node.name}")
    assert not silent

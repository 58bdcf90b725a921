"""Between entities and rows, where a column is called like the field it keeps."""

from typing import Any


def values_of(entity: object, columns: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(entity, name) for name in columns}

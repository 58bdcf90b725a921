"""A stretch of a file's bytes."""

from dataclasses import dataclass

from domain.shared.errors import Invalid


class RangeNotSatisfiable(Invalid):
    """The file, of `size` bytes, has none of those that were asked for."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the file has {size} bytes, and none where you asked")
        self.size = size


@dataclass(frozen=True, slots=True)
class ByteRange:
    """`content[start:end]`: at least one byte."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"not a range: {self.start}..{self.end}")

    def __len__(self) -> int:
        return self.end - self.start

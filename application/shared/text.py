"""Kinds of text a command may hold. PostgreSQL cannot keep a NUL, and no name has one."""

from typing import Annotated

from msgspec import Meta

Text = Annotated[str, Meta(pattern=r"\A[^\x00]*\Z")]

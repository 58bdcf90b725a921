"""Kinds of text a command may hold. PostgreSQL cannot keep a NUL, and no name has one.

The pattern stands in the OpenAPI document, so it is one that JavaScript reads as Python does."""

from typing import Annotated

from msgspec import Meta

Text = Annotated[str, Meta(pattern=r"^[^\x00]*$")]

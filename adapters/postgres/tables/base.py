"""What all tables share: names of constraints, columns every owner's table has, row security."""

from typing import Any

from sqlalchemy import Column, DateTime, ForeignKeyConstraint, MetaData, Uuid
from sqlalchemy.types import UserDefinedType

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)


class HalfVector(UserDefinedType[Any]):
    """pgvector's halfvec of any length. Values travel through asyncpg's binary codec."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "halfvec"


def owner() -> tuple[Column[Any], Column[Any]]:
    """The key of a thing that is somebody's: whose, then which."""
    return Column("user_id", Uuid, primary_key=True), Column("id", Uuid, primary_key=True)


def at(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def belongs(column: str, table: str, *, on_delete: str | None = None) -> ForeignKeyConstraint:
    """A reference that cannot leave its owner: (user_id, column) -> table (user_id, id)."""
    return ForeignKeyConstraint(
        ["user_id", column], [f"{table}.user_id", f"{table}.id"], ondelete=on_delete
    )

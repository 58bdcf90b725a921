"""What administrators may not do: lock everybody out, themselves included."""

from collections.abc import Collection, Mapping
from typing import Any

from domain.shared.errors import Conflict
from domain.shared.ids import UserId


class CannotDeleteSelf(Conflict): ...


class CannotDemoteSelf(Conflict): ...


class CannotDeactivateSelf(Conflict): ...


class LastAdmin(Conflict): ...


def takes_power(changes: Mapping[str, Any]) -> bool:
    """Whether somebody who has these changes made to them administers nothing from then on."""
    return changes.get("is_admin") is False or changes.get("is_active") is False


def refuse_own(changes: Mapping[str, Any]) -> None:
    """To oneself an administrator does not do this. Raises CannotDemoteSelf,
    CannotDeactivateSelf."""
    if changes.get("is_admin") is False:
        raise CannotDemoteSelf("another administrator may do this, not you yourself")
    if changes.get("is_active") is False:
        raise CannotDeactivateSelf("another administrator may do this, not you yourself")


def keep_an_admin(leaving: UserId, admins: Collection[UserId]) -> None:
    """Raises LastAdmin."""
    if set(admins) == {leaving}:
        raise LastAdmin("this is the last administrator")

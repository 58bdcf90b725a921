"""How a provider can fail. What it said itself is for the log, never for a client."""

from datetime import timedelta
from enum import StrEnum

from domain.shared.errors import Conflict, Invalid, Unavailable

_LATER = timedelta(seconds=5)


class ModelFailed(Unavailable):
    """No answer, or only part of one. `again`: whether the same request may do better."""

    again = True

    def __init__(self, detail: str, retry_after: timedelta = _LATER) -> None:
        super().__init__(detail, retry_after)


class ModelUnavailable(ModelFailed):
    """Cannot be reached, or says that it cannot answer."""


class ModelBusy(ModelFailed):
    """Asks us to come back after `retry_after`."""


class ModelBroken(ModelFailed):
    """Answers, but not as the protocol has it: an answer that is empty, breaks off or is no answer."""


class ModelRefused(ModelFailed):
    """Does not take this request: its key, its model or what it says."""

    again = False


class Wait(StrEnum):
    """What was waited for in vain."""

    CONNECT = "connect"
    FIRST_TOKEN = "first_token"  # noqa: S105
    IDLE = "idle"
    TOTAL = "total"


class ModelTimeout(ModelFailed):
    """Takes too long, at `wait`."""

    def __init__(self, wait: Wait) -> None:
        super().__init__("the model provider took too long")
        self.wait = wait


class ModelNotAllowed(Invalid):
    """Not one of the models that may be asked for."""


class NoModel(Conflict):
    """This server is configured with no model provider."""

"""What models cost, since when and until when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from domain.analytics.usage import LOCAL, Charge, UsageEvent
from domain.shared.errors import Conflict, Invalid
from domain.shared.tokens import Tokens

CURRENCY = "USD"  # of every price, budget and report: sums of several would mean nothing
_PLACES = Decimal("1e-10")
_DEAREST = Decimal(1_000_000)
_FORESEEN = timedelta(days=366)


class InvalidPrice(Invalid): ...


class InvalidValidity(Invalid): ...


class PriceOverlaps(Conflict): ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Money for 1000 tokens of each kind, from `valid_from` until just before `valid_to`. Without a
    provider it is that of every provider who names none of its own."""

    id: UUID
    model: str
    provider: str | None
    input: Decimal
    cached: Decimal
    output: Decimal
    valid_from: datetime
    valid_to: datetime | None = None
    currency: str = CURRENCY

    def end(self, at: datetime) -> datetime:
        """When it ends if the next holds from `at`. Raises PriceOverlaps."""
        if at <= self.valid_from:
            raise PriceOverlaps(f"another price holds from {self.valid_from.isoformat()}")
        return at

    def of(self, tokens: Tokens) -> Decimal:
        """Thinking is charged as output is."""
        thousandths = (
            tokens.input_tokens * self.input
            + tokens.cached_input_tokens * self.cached
            + tokens.completion_tokens * self.output
        )
        return (thousandths / 1000).quantize(_PLACES)


def amount(money: Decimal) -> Decimal:
    """What 1000 tokens may cost, to the tenth place. Raises InvalidPrice."""
    if not money.is_finite() or not 0 <= money <= _DEAREST:
        raise InvalidPrice(f"1000 tokens cost between 0 and {_DEAREST}")
    if money != money.quantize(_PLACES):
        raise InvalidPrice("a price has up to 10 decimal places")
    return money


def from_now_on(at: datetime, now: datetime) -> datetime:
    """What was charged already keeps its price, and what is set for a time far off would be in the way
    of every other until then. Raises InvalidValidity."""
    if not now <= at <= now + _FORESEEN:
        raise InvalidValidity("a price holds from now on, or from a time within a year")
    return at


def charge(event: UsageEvent, price: Price | None) -> Charge:
    """What is ours costs nothing; what has no price has no known cost, which is not nothing."""
    if event.provider == LOCAL:
        return Charge(event, None, Decimal(0))
    return Charge(event, price.id, price.of(event)) if price else Charge(event, None, None)


def _default(number: int, model: str, input: str, output: str) -> Price:
    return Price(
        id=UUID(int=number),
        model=model,
        provider=None,
        input=Decimal(input),
        cached=Decimal(input),
        output=Decimal(output),
        valid_from=datetime(2020, 1, 1, tzinfo=UTC),
    )


# What an installation begins with.
DEFAULTS = (
    _default(1, "gemini-1.5-flash", "0.00035", "0.0007"),
    _default(2, "gpt-4", "0.03", "0.06"),
    _default(3, "gpt-3.5-turbo", "0.001", "0.002"),
)

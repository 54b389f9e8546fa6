"""What a value may hold and this one does hold."""

from typing import TypeVar

from placement.travel import TimesStream, TravelTimes

T = TypeVar("T")


def there(value: T | None) -> T:
    """Return what must be there; None fails the test at this line."""
    assert value is not None
    return value


def whole_times(times: TravelTimes | TimesStream) -> TravelTimes:
    """Return walking times that are held whole, not made point by point."""
    assert isinstance(times, TravelTimes)
    return times

"""Questions about a case and its plans: functions of a case, a policy and more, each with a value as its answer."""

from placement.analysis.frontier import Trade, frontier

__all__ = ["Trade", "frontier"]

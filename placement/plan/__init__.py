"""Programs into plans: solve, break ties, pair the machines that move, and say what happens at each site."""

from placement.plan.optimise import optimise

__all__ = ["optimise"]

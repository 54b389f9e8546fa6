"""Where a city's self-service government stations should stand.

Population, foot traffic and a survey of awareness become demand estimates; an integer program keeps, moves, closes and
opens stations for the most people within a 15-minute walk under a budget, and proves how good the plan is.

Importing this package does no work: each module loads when it is first used.
"""

__version__ = "0.1.0"

"""The frozen values that pass between stages. They import nothing of this package but `errors`."""

from placement.values.alternatives import Alternatives
from placement.values.blocks import WeightedBlocks
from placement.values.capture import Capture
from placement.values.certificate import Certificate, PriceSets
from placement.values.classes import classes_fingerprint
from placement.values.coverages import Coverages, Covered, StepCovered
from placement.values.demand import Demand, Segment
from placement.values.evaluation import Evaluation
from placement.values.explanation import Explanation
from placement.values.frontier import Frontier, TradePoint
from placement.values.infeasible import Change, Infeasibility
from placement.values.kept_floor import KeptFloor
from placement.values.network import Network
from placement.values.options import SolveOptions
from placement.values.phases import Phase, Phased, PhaseValue, YearByYear
from placement.values.plan import BudgetLine, LimitUse, Plan
from placement.values.policy import Policy
from placement.values.price_curve import PriceCurve, PricePoint
from placement.values.program import CoverageProgram, Floor, LinearRow
from placement.values.publicity import Guides, Publicity
from placement.values.rows import RowKind
from placement.values.sites import Sites
from placement.values.solution import Solution
from placement.values.stability import Stability
from placement.values.steps import Step
from placement.values.visits import Gains, VisitsChange
from placement.values.what_if import Broken, WhatIf

__all__ = [
    "Alternatives",
    "Broken",
    "BudgetLine",
    "Capture",
    "Certificate",
    "Change",
    "CoverageProgram",
    "Coverages",
    "Covered",
    "Demand",
    "Evaluation",
    "Explanation",
    "Floor",
    "Frontier",
    "Gains",
    "Guides",
    "Infeasibility",
    "KeptFloor",
    "LimitUse",
    "LinearRow",
    "Network",
    "Phase",
    "PhaseValue",
    "Phased",
    "Plan",
    "Policy",
    "PriceCurve",
    "PricePoint",
    "PriceSets",
    "Publicity",
    "RowKind",
    "Segment",
    "Sites",
    "Solution",
    "SolveOptions",
    "Stability",
    "Step",
    "StepCovered",
    "TradePoint",
    "VisitsChange",
    "WeightedBlocks",
    "WhatIf",
    "YearByYear",
    "classes_fingerprint",
]

"""What reports say otherwise where the service standard has steps, in English and in Chinese.

Graded coverage is no coverage within so many minutes: no sentence may call it that, and what is counted plainly within
a step says within which. Keys are those of the catalogue that they replace.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

STEPS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "subtitle": (
            (
                "Which stations to keep, move, close and open, to cover the most demand, of which counts: {standard} "
                "of a station."
            ),
            "为使分级计入的需求覆盖最大（距站点{standard}），建议哪些站点保留、迁移、撤并、新增。",
        ),
        "figure.weight": ("Demand covered, counted by steps", "需求覆盖率（分级计入）"),
        "figure.need": ("Need covered, counted by steps", "潜在需求覆盖率（分级计入）"),
        "figure.use": ("Expected use covered, counted by steps", "预期使用量覆盖率（分级计入）"),
        "figure.people": ("Residents within {far}, {period}", "{far}内居民覆盖率（{period}）"),
        "figure.people.always": ("Residents within {far}", "{far}内居民覆盖率"),
        "figure.group.always": ("{group} within {far}", "{far}内{group}覆盖率"),
        "figure.group": ("{group} within {far}, {period}", "{far}内{group}覆盖率（{period}）"),
        "proof.objective": ("Covered, counted by steps (visits a month)", "已覆盖，分级计入（人次/月）"),
        "coverage.people": (
            "Residents within each step, by age group and period of day",
            "各级之内的居民：按年龄组与时段",
        ),
        "coverage.people.note": (
            (
                "A resident is within a step where a station that is open for the whole period stands no farther than "
                "it reaches, at the age group's walking speed; everybody within it counts in full here."
            ),
            "按该年龄组的步行速度，在该级范围内有全时段开放的站点，即计为该级之内；此处全部计入，不打折。",
        ),
        "column.reach": ("Covered", "覆盖率"),
        "column.need": ("Need covered, plan", "潜在需求覆盖率（方案）"),
        "column.use": ("Expected use covered, plan", "预期使用量覆盖率（方案）"),
        "term.coverage.means": (
            (
                "share of demand (not of places) that stations open at that time of day cover, of which counts: "
                "{standard} of one"
            ),
            "该时段有开放站点覆盖的需求占全部需求的比例（按需求量而非地点数），分级计入：距站点{standard}",
        ),
        "map.note": (
            (
                "Each dot is demand; its area is visits a month. Within reach is here: within the farthest step. "
                "Stations are marked as in the table below."
            ),
            "圆点表示需求，面积与每月人次成正比；此处“覆盖”指在最远一级之内。站点图号与下表一致。",
        ),
        "plot.plan": (
            "{study}: {before} → {after} of demand covered, counted by steps",
            "{study}：需求覆盖率（分级计入） {before} → {after}",
        ),
        "trade.coverage": ("Demand covered, counted by steps", "需求覆盖率（分级计入）"),
        "says.coverage": (
            "Demand covered, counted by steps ({standard} of an open station), rises from {before} to {after}{visits}.",
            "分级计入的需求覆盖率（距开放站点{standard}），由 {before} 提高到 {after}{visits}。",
        ),
        "says.coverage.falls": (
            "Demand covered, counted by steps ({standard} of an open station), goes from {before} to {after}{visits}.",
            "分级计入的需求覆盖率（距开放站点{standard}），由 {before} 变为 {after}{visits}。",
        ),
        "says.cost.person": (
            "{yuan} yuan a person newly within the farthest step{when}",
            "最远一级内每新增覆盖一人 {yuan} 元{when}",
        ),
        "says.cost.nobody": ("nobody newly within the farthest step{when}", "最远一级内没有新增覆盖居民{when}"),
        "worth.mixed": (
            (
                "What is sought is demand covered, counted by steps, plus {weight} × predicted visits: "
                "{covered} + {weight} × {visits} a month. No plan that sees as many visits covers more than "
                "{share_most} of demand (this one: {share}), and none that covers as much sees more than "
                "{visits_most} visits."
            ),
            (
                "优化目标为分级计入的覆盖需求与 {weight} × 预计办件量之和：每月 {covered} + {weight} × {visits}。"
                "办件量不低于本方案时，任何方案的需求覆盖率不超过 {share_most}（本方案 {share}）；"
                "覆盖率不低于本方案时，任何方案的办件量不超过每月 {visits_most} 人次。"
            ),
        ),
        "warning.visits": (
            (
                "Coverage by steps rises and predicted visits fall, by {count} a month: stations would stand where "
                "fewer people come. visits_floor = 1.0 in [policy] asks for a plan that keeps today’s visits."
            ),
            (
                "分级计入的覆盖率提高，而预计办件量每月减少 {count} 人次：站点将位于来办事的人更少的地方。"
                "在 [policy] 中设 visits_floor = 1.0，可要求方案不低于现有办件量。"
            ),
        ),
        "warning.reach": (
            (
                "Predicted visits rise and coverage by steps falls, by {count} visits a month of demand: people would "
                "have their station farther away, or none within the farthest step. Floors in [policy.floors] keep "
                "coverage."
            ),
            (
                "预计办件量提高，而分级计入的覆盖需求每月减少 {count} 人次："
                "部分居民的站点将更远，或不再位于最远一级之内。可用 [policy.floors] 保住覆盖率。"
            ),
        ),
    }
)

"""What reports say of a plan's two goods, reach and visits, and of what they cost, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from placement.values.frontier import NO_TRADE_SAYS, TRADE_SAYS

GOODS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "says.coverage": (
            "Demand within {standard} of an open station rises from {before} to {after}{visits}.",
            "{standard}内有开放站点的需求，由 {before} 提高到 {after}{visits}。",
        ),
        "says.coverage.falls": (
            "Demand within {standard} of an open station goes from {before} to {after}{visits}.",
            "{standard}内有开放站点的需求，由 {before} 变为 {after}{visits}。",
        ),
        "says.visits.rise": (
            "; predicted visits rise from {before} to {after} a month ({change})",
            "；预计办件量由每月 {before} 人次增至 {after} 人次（{change}）",
        ),
        "says.visits.fall": (
            "; predicted visits fall from {before} to {after} a month ({change})",
            "；预计办件量由每月 {before} 人次降至 {after} 人次（{change}）",
        ),
        "says.visits.same": (
            "; predicted visits stay at {after} a month ({change})",
            "；预计办件量保持每月 {after} 人次（{change}）",
        ),
        "says.visits.between": (
            "{change}, 90% interval {low} to {high}",
            "{change}，90% 区间 {low} 至 {high}",
        ),
        "says.visits.idle": (
            (
                "Stations with fewer than {below} visits a month: {before} of {all_before} today, "
                "{after} of {all_after} with the plan, {new} of them new."
            ),
            (
                "每月办件量不足 {below} 人次的站点：现状 {before} 个（共 {all_before} 个），"
                "方案 {after} 个（共 {all_after} 个），其中新址 {new} 个。"
            ),
        ),
        "says.cost": ("Capital for what is gained: {parts}.", "一次性投入与收益：{parts}。"),
        "says.cost.person": ("{yuan} yuan a person newly within reach{when}", "每新增覆盖一人 {yuan} 元{when}"),
        "says.cost.nobody": ("nobody newly within reach{when}", "没有新增覆盖居民{when}"),
        "says.cost.visit": ("{yuan} yuan an additional visit a month", "每月每新增一人次 {yuan} 元"),
        "says.cost.no_visit": ("no additional visits: visits do not grow", "没有新增办件量：办件量不增加"),
        "says.cost.when": (" ({period})", "（{period}）"),
        "worth.objective": (
            "Covered + {weight} × predicted visits (a month)",
            "覆盖需求 + {weight} × 预计办件量（每月）",
        ),
        "worth.objective.alone": ("Predicted visits (a month)", "预计办件量（每月）"),
        "worth.mixed": (
            (
                "What is sought is demand within reach plus {weight} × predicted visits: "
                "{covered} + {weight} × {visits} a month. No plan that sees as many visits covers more than "
                "{share_most} of demand (this one: {share}), and none that covers as much sees more than "
                "{visits_most} visits."
            ),
            (
                "优化目标为覆盖需求与 {weight} × 预计办件量之和：每月 {covered} + {weight} × {visits}。"
                "办件量不低于本方案时，任何方案的需求覆盖率不超过 {share_most}（本方案 {share}）；"
                "覆盖率不低于本方案时，任何方案的办件量不超过每月 {visits_most} 人次。"
            ),
        ),
        "reserve.backup": (
            (
                "Of demand, {before} had two stations within reach, {after} have them after the plan. {share} of each "
                "point’s demand counts only where there are two."
            ),
            (
                "有两个站点可达的需求：现状 {before}，方案实施后 {after}。"
                "每个需求点的需求中有 {share} 仅在两个站点可达时计入。"
            ),
        ),
        "reserve.outage": (
            (
                "A station is out of order with probability {outage}: what counts is the coverage to be expected, "
                "{counted_before} visits a month before, {counted} after."
            ),
            (
                "站点故障概率按 {outage} 计：以期望覆盖需求为准，"
                "现状每月 {counted_before} 人次，方案实施后 {counted} 人次。"
            ),
        ),
        "reserve.outage.machines": (
            (
                "A machine is out of order with probability {outage}: what counts is the coverage to be expected of "
                "all machines within reach, {counted_before} visits a month before, {counted} after."
            ),
            (
                "设备故障概率按 {outage} 计：以可达设备的期望覆盖需求为准，"
                "现状每月 {counted_before} 人次，方案实施后 {counted} 人次。"
            ),
        ),
        "capacity.says": (
            (
                "A machine takes {each} visits a month. Where everybody goes to the nearest station, {served_after} "
                "expected visits a month are served ({share_after}; today {served_before}, {share_before}), "
                "{no_capacity_after} find no machine free at {overloaded_after} stations (today {no_capacity_before} "
                "at {overloaded_before}), and {out_of_reach_after} are out of reach (today {out_of_reach_before})."
            ),
            (
                "每台设备每月可办 {each} 件。居民均前往最近站点时，每月可办结 {served_after} 件"
                "（{share_after}；现状 {served_before} 件，{share_before}），"
                "{overloaded_after} 个站点超负荷、{no_capacity_after} 件无设备可办"
                "（现状 {overloaded_before} 个、{no_capacity_before} 件），"
                "{out_of_reach_after} 件在服务范围外（现状 {out_of_reach_before} 件）。"
            ),
        ),
        "capacity.best": (
            (
                "With people spread over all stations in reach as well as can be, the same machines could serve "
                "{could_be_served_after} visits a month (today {could_be_served_before})."
            ),
            (
                "若在可达站点间合理分流，同样的设备每月最多可办结 {could_be_served_after} 件"
                "（现状 {could_be_served_before} 件）。"
            ),
        ),
        "reserve.objective": ("Covered, by stations within reach (a month)", "按可达站点数计的覆盖需求（每月）"),
        "worth.alone": (
            "What is sought are predicted visits: no plan under the same rules sees more than {visits_most} a month.",
            "优化目标为预计办件量：相同条件下，任何方案每月不超过 {visits_most} 人次。",
        ),
        "trade": ("Reach against visits", "覆盖率与办件量的取舍"),
        "trade.says": (
            TRADE_SAYS,
            (
                "覆盖率的最后 {points} 个百分点（由 {below} 到 {most}）以 {share} 的办件量为代价："
                "每月 {visits} 人次，而非 {instead} 人次。"
            ),
        ),
        "trade.none": (NO_TRADE_SAYS, "此处覆盖率与办件量无需取舍：同一方案两者皆最高，{most}，每月 {visits} 人次。"),
        "trade.note": (
            (
                "Each dot is a plan; its number is what a predicted visit counts beside a covered one. "
                "The gap is how far the plan may be from the best of its kind."
            ),
            "每个点是一个方案，数字为一次预计办件相对于一次覆盖需求的权重；差距为该方案与同类最优方案的最大差距。",
        ),
        "trade.today": ("today", "现状"),
        "trade.chosen": ("this plan", "本方案"),
        "trade.coverage": ("Demand within reach", "需求覆盖率"),
        "trade.visits": ("Predicted visits a month", "预计每月办件量"),
        "trade.weight": ("Weight of a visit", "办件权重"),
        "trade.idle": ("Below the idle limit", "低于闲置标准"),
        "trade.new": ("{idle} ({new} new)", "{idle}（新址 {new}）"),
        "trade.shared": ("Stations as in this plan", "与本方案相同的站点"),
        "trade.gap": ("Gap", "差距"),
        "warning": ("Warning", "注意"),
        "warning.visits": (
            (
                "Reach rises and predicted visits fall, by {count} a month: stations would stand where fewer people "
                "come. visits_floor = 1.0 in [policy] asks for a plan that keeps today’s visits."
            ),
            (
                "覆盖率提高，而预计办件量每月减少 {count} 人次：站点将位于来办事的人更少的地方。"
                "在 [policy] 中设 visits_floor = 1.0，可要求方案不低于现有办件量。"
            ),
        ),
        "warning.reach": (
            (
                "Predicted visits rise and reach falls, by {count} visits a month of demand: people who have a station "
                "within reach today would lose it. Floors in [policy.floors] keep reach."
            ),
            (
                "预计办件量提高，而覆盖的需求每月减少 {count} 人次：部分现已覆盖的居民将失去可达的站点。"
                "可用 [policy.floors] 保住覆盖率。"
            ),
        ),
    }
)

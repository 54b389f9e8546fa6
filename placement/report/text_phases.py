"""What reports say of plans in phases, in English and in Chinese: a part of the catalogue of ``text.py``."""

from __future__ import annotations

PHASES: dict[str, tuple[str, str]] = {
    "phases": ("Year by year", "分期实施"),
    "phases.note": (
        (
            "What opens stays. The bar is the demand within reach after the phase, its mark that before it; a visit "
            "counts in the value of the plan with the weight of its phase."
        ),
        "新增站点一直保留。条形为该期结束后的需求覆盖率，刻线为此前的覆盖率；计算方案价值时，各期的覆盖需求按该期权重计入。",
    ),
    "phases.money": ("Money by phase (yuan, of what may be spent)", "分期经费（元，斜线后为可用额度）"),
    "phases.objective": (
        "Covered demand, visits a month, added up over {count} phases, each a year later counted {rate} less",
        "覆盖需求（每月人次）按 {count} 期累计，每晚一年折减 {rate}",
    ),
    "phases.objective.even": (
        "Covered demand, visits a month, added up over {count} phases",
        "覆盖需求（每月人次）按 {count} 期累计",
    ),
    "phases.says": ("Demand within reach, phase by phase: {each}.", "各期需求覆盖率：{each}。"),
    "phases.one": ("{name} {share}", "{name} {share}"),
    "phases.ahead": (
        (
            "Looking ahead is worth {found}: so much more is this plan worth than the one that is best in each phase "
            "for itself. At most {most} would be possible."
        ),
        "统筹各期带来的收益为 {found}（与逐期各自最优的方案相比）；至多可达 {most}。",
    ),
    "phases.same": (
        (
            "Looking ahead changes nothing here: the plan that is best in each phase for itself is worth as much, and "
            "no plan is worth more."
        ),
        "此处统筹各期并无额外收益：逐期各自最优的方案价值相同，且没有更优的方案。",
    ),
    "phases.none": (
        "No plan that is best in each phase for itself was found that keeps all limits.",
        "未找到逐期各自最优且满足全部条件的方案。",
    ),
    "phases.beside": ("Year by year alone", "逐期最优"),
    "column.phase": ("Phase", "分期"),
    "column.factor": ("Weight", "权重"),
    "column.opened": ("Opened", "新增"),
    "column.moved": ("Moved", "迁移"),
    "column.closed": ("Closed", "撤并"),
    "column.stations": ("Stations", "站点"),
    "column.share": ("Demand within reach", "需求覆盖率"),
    "warning.visits.phases": (
        "Reach rises and predicted visits fall, by {count} a month: stations would stand where fewer people come.",
        "覆盖率提高，而预计办件量每月减少 {count} 人次：站点将位于来办事的人更少的地方。",
    ),
}

"""What reports say of money and of limits, in English and in Chinese: a part of the catalogue of ``text.py``."""

from __future__ import annotations

MONEY: dict[str, tuple[str, str]] = {
    "line.purchase": ("Machines bought, once", "设备购置费，一次性"),
    "line.install": ("Installation, once", "安装调试费，一次性"),
    "line.move": ("Moves, once", "搬迁费，一次性"),
    "line.remove": ("Machines removed, once", "设备拆除费，一次性"),
    "line.close": ("Contracts ended, once", "合同终止费，一次性"),
    "line.capital": ("Capital, once", "一次性投入"),
    "line.rent": ("Rent, a year", "场地租金，每年"),
    "line.network": ("Network, a year", "网络费，每年"),
    "line.maintenance": ("Maintenance, a year", "维护费，每年"),
    "line.staff": ("Staff, a year", "人员费，每年"),
    "line.running": ("Running costs, a year", "年运行费用"),
    "line.consumables": ("Consumables of expected use, a year", "耗材费（按预期使用量），每年"),
    "line.fees": ("Fees paid by visitors, a year (income)", "收费（按预期使用量，收入），每年"),
    "line.net_running": ("Running costs with consumables, less fees, a year", "年运行费用（含耗材，扣除收费）"),
    "cost.consumables": (
        (
            "Consumables are {share} of running costs. They follow use, and no plan goes by them: one that costs less "
            "to run may cost more with them."
        ),
        "耗材费为年运行费用的 {share}。耗材随使用量变化，未计入优化：运行费用较低的方案计入耗材后未必较省。",
    ),
    "line.total": ("Total over the years, as it is worth today", "规划期总费用（现值）"),
    "cost.objective": ("Running costs a year (yuan)", "年运行费用（元）"),
    "cost.subtitle": (
        "Which stations to keep, move, close and open, to reach what is asked for within {standard} at the least cost.",
        "为以最低费用达到{standard}便民服务圈的覆盖要求，建议哪些站点保留、迁移、撤并、新增。",
    ),
    "cost.demand.means": (
        (
            "what coverage is counted in: {need} of need and {use} of expected use, so that places nobody has told yet "
            "are not starved"
        ),
        "覆盖率的计量口径：{need} 的潜在需求与 {use} 的预期使用量之和，避免尚不知晓服务的地区被忽视",
    ),
    "cost.bound": ("Lower bound", "下界"),
    "cost.sought": (
        (
            "What is sought is the least that stations can cost a year to reach what is asked for: this plan costs "
            "{cost} yuan, and no plan under the same rules costs less than {least} yuan. Of plans that cost the same, "
            "one that covers most was looked for."
        ),
        (
            "优化目标为在达到要求的前提下使年运行费用最低：本方案每年 {cost} 元，"
            "相同条件下任何方案每年不低于 {least} 元；费用相同的方案中优先选取覆盖需求最多者。"
        ),
    ),
    "cost.warning": (
        (
            "Predicted visits fall, by {count} a month: the least cost of reach goes by who is near a station, not who "
            "comes. max_closes and action_fixed keep stations that are used."
        ),
        (
            "预计办件量每月减少 {count} 人次：以最低费用保住覆盖率，看的是谁在站点附近，而不是谁来办事。"
            "可用 max_closes 或 action_fixed 保留使用较多的站点。"
        ),
    ),
    "cost.within.means": (
        "No plan can cost less than the bound; at most {gap} could still be saved, which is what was asked for.",
        "任何方案的费用都不可能低于下界；至多还可节省 {gap}，在事先允许的差距之内。",
    ),
    "cost.feasible.means": (
        "No plan can cost less than the bound: at most {gap} could still be saved. A longer run may settle it.",
        "任何方案的费用都不可能低于下界，至多还可节省 {gap}。延长计算时间或可得出结论。",
    ),
    "limit.coverage_floor": ("Share of all demand within reach, at least", "需求覆盖率不低于"),
    "limit.keep_share": ("Share of the demand reached today, at least", "与现状已覆盖需求之比不低于"),
    "fair": ("How evenly districts are covered", "各区域覆盖的均衡程度"),
    "fair.note": (
        (
            "The equally-distributed equivalent is the coverage which, were it the same in every district, would be as "
            "good as this uneven one (Kolm–Pollak, aversion 1). A Gini coefficient of 0: all are covered alike."
        ),
        (
            "等值均布覆盖率：若各区域覆盖率相同，与现有不均衡分布同样可取的覆盖率（Kolm–Pollak，厌恶系数 1）；"
            "基尼系数为 0 表示各区域覆盖率相同。"
        ),
    ),
    "fair.worst": ("The district covered least", "覆盖率最低的区域"),
    "fair.ede": ("Equally-distributed equivalent", "等值均布覆盖率"),
    "fair.gini": ("Gini coefficient of the districts", "区域间基尼系数"),
    "fair.measure": ("Measure", "指标"),
    "column.line": ("Line", "项目"),
    "column.now": ("Today (yuan)", "现状（元）"),
    "column.planned": ("Planned (yuan)", "方案（元）"),
    "column.cap": ("Cap (yuan)", "上限（元）"),
    "column.left": ("Left (yuan)", "结余（元）"),
    "column.used": ("Used", "占用比例"),
    "budget.note": (
        "Capital and running costs are the sums of the lines above them; lines on which nothing is spent are left out.",
        "一次性投入与年运行费用为其上各项之和；未发生费用的项目不列出。",
    ),
    "limits": ("Limits", "约束条件"),
    "column.limit": ("Limit", "条件"),
    "column.asked": ("Asked", "要求"),
    "column.found": ("In the plan", "方案"),
    "limit.max_stations": ("Stations after the plan, at most", "方案后站点数不超过"),
    "limit.max_moves": ("Moves, at most", "迁移不超过"),
    "limit.max_opens": ("Openings, at most", "新增不超过"),
    "limit.max_closes": ("Closures, at most", "撤并不超过"),
    "limit.max_changes": ("Changes of all kinds, at most", "各类变动合计不超过"),
    "limit.max_moves.machines": ("Machines moved, at most", "迁移设备不超过（台）"),
    "limit.max_opens.machines": ("Machines bought, at most", "购置设备不超过（台）"),
    "limit.max_closes.machines": ("Machines taken away, at most", "拆除设备不超过（台）"),
    "limit.max_changes.machines": (
        "Machines moved, bought and taken away, at most",
        "迁移、购置与拆除设备合计不超过（台）",
    ),
    "limit.max_opens.stations": ("More stations than today, at most", "站点净增不超过"),
    "limit.max_closes.stations": ("Fewer stations than today, at most", "站点净减不超过"),
    "machines.says": (
        "Machines: {before} today, {after} with the plan; {done}.",
        "设备：现有 {before} 台，方案后 {after} 台；{done}。",
    ),
    "machines.moved": ("{count} move", "迁移 {count} 台"),
    "machines.bought": ("{count} bought", "购置 {count} 台"),
    "machines.removed": ("{count} taken away", "拆除 {count} 台"),
    "machines.moves": ("Machines move: {moves}.", "设备迁移：{moves}。"),
    "limit.max_by_host": ("Stations at hosts of the kind {name}, at most", "依托场所为{name}的站点不超过"),
    "limit.max_by_chain": ("Stations of the chain {name}, at most", "所属{name}的站点不超过"),
    "limit.exclusive": ("Stations among the exclusive sites {name}, at most", "互斥地点（{name}）的站点不超过"),
    "limit.action_fixed": ("Fixed actions carried out", "执行的指定安排"),
    "limit.spacing_m": ("Metres between a new station and any other, at least", "新站点与其他站点的间距不少于（米）"),
    "limit.min_reach_new": (
        "Visits a month within reach of each new station, at least",
        "每个新站点服务范围内的需求不少于（人次/月）",
    ),
    "limit.max_idle": ("Idle stations, at most", "闲置站点不超过"),
    "limit.kept": ("kept", "满足"),
}

"""What reports say, in English and in Chinese.

Each entry of :data:`CATALOGUE` is a key with its (English, Chinese) text; braces are filled by :func:`str.format`.
Words that come from a study (age groups, periods, hosts, input names) are translated where the catalogue knows them
and shown as they are where it does not: see :func:`word`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from placement.errors import InputError
from placement.notes.words import WORDS
from placement.report.text_evidence import EVIDENCE
from placement.report.text_goods import GOODS
from placement.report.text_money import MONEY
from placement.report.text_outreach import OUTREACH
from placement.report.text_phases import PHASES
from placement.report.text_steps import STEPS
from placement.report.text_sure import SURE

LANGUAGES = ("en", "zh")
HTML_LANG = {"en": "en", "zh": "zh-Hans"}

CATALOGUE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # The page
        "title": ("{study}: where self-service stations should stand", "{study}：便民服务站布局优化方案"),
        "subtitle": (
            "Which stations to keep, move, close and open, for the most people within {standard} of one.",
            "为让更多居民处于{standard}便民服务圈内，建议哪些站点保留、迁移、撤并、新增。",
        ),
        "contents": ("Contents", "目录"),
        "summary": ("Summary", "概要"),
        "map": ("Map", "地图"),
        "actions": ("What happens at each station", "各站点的安排"),
        "budget": ("Budget", "预算"),
        "coverage": ("Coverage", "覆盖率"),
        "data": ("Data and how to check this plan", "数据来源与复核"),
        "notes": ("Notes on the inputs", "输入说明"),
        "overrides": ("Settings other than the study file’s", "与方案文件不同的设置"),
        "overrides.says": ("{key} = {used} instead of {study}", "{key} = {used}，方案文件为 {study}"),
        "reading": ("How to read this", "名词说明"),
        "today": ("today", "现状"),
        "plan": ("plan", "方案"),
        "change": ("change", "变化"),
        "points": ("{value} points", "{value} 个百分点"),
        "total": ("Total", "合计"),
        "none": ("none", "无"),
        "unlimited": ("no cap", "不设上限"),
        "standard.minutes": ("a {value}-minute walk", "步行{value}分钟"),
        "standard.metres": ("{value} m", "{value}米"),
        "standard.all": ("all within {within}", "{within}内全部计入"),
        "standard.part": ("{share} within {within}", "{within}内计{share}"),
        "metres": ("{value} m", "{value}米"),
        "km": ("{value} km", "{value} 公里"),
        "yuan": ("{value} yuan", "{value} 元"),
        "colon": (": ", "："),
        "comma": (", ", "、"),
        # Simulated data
        "simulated": ("simulated", "模拟数据"),
        "simulated.banner": (
            "Simulated data: {inputs}. The figures show how the method works; they are no finding about the city.",
            "本方案使用了模拟数据：{inputs}。所列数字仅用于演示方法，不代表该城市的实际情况。",
        ),
        "simulated.some": ("some inputs", "部分输入数据"),
        # Key figures
        "figure.weight": ("Demand within reach", "需求覆盖率"),
        "figure.need": ("Need within reach", "潜在需求覆盖率"),
        "figure.use": ("Expected use within reach", "预期使用量覆盖率"),
        "figure.people": ("Residents within reach, {period}", "居民覆盖率（{period}）"),
        "figure.people.always": ("Residents within reach", "居民覆盖率"),
        "figure.group.always": ("{group} within reach", "{group}覆盖率"),
        "figure.group": ("{group} within reach, {period}", "{group}覆盖率（{period}）"),
        "figure.visits": ("{before} → {after} visits a month", "每月 {before} → {after} 人次"),
        "figure.persons": ("{before} → {after} people", "{before} → {after} 人"),
        "figure.today": ("today {value}", "现状 {value}"),
        # Summary in plain words
        "says.stations": (
            "Today {before} stations stand; after the plan {after} stand. It {actions}.",
            "现有站点 {before} 个，实施后 {after} 个：{actions}。",
        ),
        "says.keep": ("keeps {count}", "保留 {count} 个"),
        "says.move": ("moves {count}", "迁移 {count} 个"),
        "says.grow": ("adds machines at {count}", "扩容 {count} 个"),
        "says.shrink": ("takes machines from {count}", "缩减 {count} 个"),
        "says.close": ("closes {count}", "撤并 {count} 个"),
        "says.open": ("opens {count}", "新增 {count} 个"),
        **GOODS,
        **MONEY,
        **OUTREACH,
        **PHASES,
        "says.capped": (
            "{line}: {amount} yuan of at most {cap} yuan.",
            "{line}：{amount} 元，上限 {cap} 元。",
        ),
        "says.uncapped": ("{line}: {amount} yuan, no cap.", "{line}：{amount} 元，不设上限。"),
        # Proof
        "proof": ("How good is this plan?", "方案有多优？"),
        "proof.optimal": ("Proven best", "已证明最优"),
        "proof.optimal.solver": ("Best, by the solver’s bound", "最优（依据求解器上界）"),
        "proof.within": ("Proven within the asked gap", "已证明在允许差距之内"),
        "proof.feasible": ("Not proven best", "尚未证明最优"),
        "proof.infeasible": ("No plan keeps every rule", "没有满足全部条件的方案"),
        "proof.no_solution": ("No plan was found in time", "在时限内未找到方案"),
        "proof.optimal.means": (
            "Under the same rules and the same data no other choice of stations does better.",
            "在相同条件和数据下，没有任何其他布局优于本方案。",
        ),
        "proof.within.means": (
            "No plan can exceed the bound; at most {gap} could still be won, which is what was asked for.",
            "任何方案都不可能超过上界；至多还可提高 {gap}，在事先允许的差距之内。",
        ),
        "proof.feasible.means": (
            "No plan can exceed the bound: at most {gap} could still be won. A longer run may settle it.",
            "任何方案都不可能超过上界，至多还可提高 {gap}。延长计算时间或可得出结论。",
        ),
        "proof.infeasible.means": ("The rules contradict each other.", "各项条件相互矛盾。"),
        "proof.no_solution.means": ("A longer run may find one.", "延长计算时间可能找到方案。"),
        "proof.interrupted": (
            "The run was stopped by hand; this is the best plan it had found by then.",
            "计算被人工中断，本方案为中断时已找到的最好方案。",
        ),
        "proof.by.certificate": (
            "The proof is in certificate.npz; “placement verify” checks it without a solver.",
            "证明保存在 certificate.npz 中，可用 placement verify 复核，无需求解器。",
        ),
        "proof.by.solver": (
            "The bound was read from the solver, {solver}; the plan itself was recounted.",
            "上界取自求解器 {solver}；方案本身已重新核算。",
        ),
        "proof.by.none": ("There is no bound but the trivial one.", "除平凡上界外没有其他上界。"),
        "proof.objective": ("Covered (visits a month)", "已覆盖（人次/月）"),
        "proof.bound": ("Upper bound", "上界"),
        "proof.gap": ("Gap", "差距"),
        "proof.asked": ("Asked gap", "允许差距"),
        "proof.solver": ("Solver", "求解器"),
        "proof.tie": ("Equally good plans", "同优方案"),
        "proof.tie.yes": (
            "this one has the fewest actions, then the least money, then the shortest moves, then the lowest ids",
            "依次取动作最少、费用最低、迁移总路程最短、编号最小者",
        ),
        "proof.tie.no": ("not compared", "未作比较"),
        # Actions
        "action.keep": ("keep", "保留"),
        "action.move": ("move", "迁移"),
        "action.grow": ("grow", "扩容"),
        "action.shrink": ("shrink", "缩减"),
        "action.close": ("close", "撤并"),
        "action.open": ("open", "新增"),
        "column.mark": ("Mark", "图号"),
        "column.action": ("Action", "安排"),
        "column.site": ("Site", "站点"),
        "column.host": ("Host", "依托场所"),
        "column.district": ("District", "区域"),
        "column.from": ("From", "迁出地"),
        "column.visits": ("Visits a month", "每月办件量"),
        "actions.visits": (
            "Visits are predicted by a model fitted to the transactions; intervals stand in visits.csv.",
            "办件量由根据历史业务量拟合的模型预测，区间见 visits.csv。",
        ),
        "column.machines": ("Machines", "设备数"),
        "column.cost": ("Cost (yuan)", "费用（元）"),
        "actions.note": (
            "Marks are those on the map. Cost is capital, spent once; a move counts at its destination.",
            "图号与地图一致。费用为一次性投入；迁移费用计入迁入地。",
        ),
        # Coverage tables
        "coverage.district": ("By district", "按区域"),
        "coverage.segment": ("By segment: age group, period of day, service", "按人群、时段、服务"),
        "coverage.steps": (
            "Plainly within each step, everybody there counted in full",
            "各级之内的需求（全部计入，不打折）",
        ),
        "coverage.people": ("Residents, by age group and period of day", "居民：按年龄组与时段"),
        "coverage.people.note": (
            (
                "A resident counts as within reach where a station that is open for the whole period stands within the "
                "standard at the age group's walking speed."
            ),
            "按该年龄组的步行速度，在标准内有全时段开放的站点，即计为已覆盖。",
        ),
        "coverage.both": (
            "Need: visits if everybody knew the service. Expected use: visits of those who know and would use it.",
            "潜在需求：人人知晓时的办事人次；预期使用量：知晓且会使用者的办事人次。",
        ),
        "column.step": ("Step", "分级"),
        "column.segment": ("Segment", "人群与时段"),
        "column.group": ("Age group", "年龄组"),
        "column.period": ("Period", "时段"),
        "column.people": ("Residents", "居民数"),
        "column.demand": ("Demand (visits a month)", "需求（人次/月）"),
        "column.reach": ("Within reach", "覆盖率"),
        "column.need": ("Need within reach, plan", "潜在需求覆盖率（方案）"),
        "column.use": ("Expected use within reach, plan", "预期使用量覆盖率（方案）"),
        "bar.label": ("{before} today, {after} with the plan", "现状 {before}，方案 {after}"),
        **EVIDENCE,
        **SURE,
        # Reading
        "term.need": ("Need", "潜在需求"),
        "term.need.means": (
            "visits a month that people would make if all knew the service",
            "若人人知晓，每月的办事人次",
        ),
        "term.use": ("Expected use", "预期使用量"),
        "term.use.means": (
            "need × awareness (share who know the service) × uptake (share of those who know it who use it)",
            "潜在需求 × 知晓率 × 使用率（知晓者中使用者的占比）",
        ),
        "term.demand": ("Demand", "需求"),
        "term.demand.means": (
            (
                "what the plan maximises: {need} of need and {use} of expected use, so that places nobody has told yet "
                "are not starved"
            ),
            "方案的优化目标：{need} 的潜在需求与 {use} 的预期使用量之和，避免尚不知晓服务的地区被忽视",
        ),
        "term.coverage": ("Coverage", "覆盖率"),
        "term.coverage.means": (
            "share of demand (not of places) within {standard} of a station that is open at that time of day",
            "{standard}内、该时段有开放站点的需求占全部需求的比例（按需求量而非地点数）",
        ),
        "term.own": ("Standards of their own", "单独标准"),
        "term.speed": ("Walking speed", "步行速度"),
        "term.travel": ("Travel", "出行计算方式"),
        "mode.walking along streets": ("walking along streets", "沿街道步行"),
        "mode.straight line": ("straight line x {detour}", "直线距离 × {detour}"),
        "mode.cycling along streets": ("cycling along streets", "沿街道骑行"),
        "mode.driving along streets": ("driving along streets", "沿街道驾车"),
        # Map
        "map.alt": ("Map of the plan: {actions}.", "方案地图：{actions}。"),
        "map.failed": ("The map could not be drawn: {why}", "地图未能绘制：{why}"),
        "map.note": (
            "Each dot is demand; its area is visits a month. Stations are marked as in the table below.",
            "圆点表示需求，面积与每月人次成正比。站点图号与下表一致。",
        ),
        "map.keep": ("K keep", "K 保留"),
        "map.move": ("M move (to)", "M 迁移（迁入地）"),
        "map.from": ("moved away from", "迁出地"),
        "map.close": ("C close", "C 撤并"),
        "map.open": ("O open", "O 新增"),
        "map.stations": ("Stations", "站点"),
        "map.demand": ("Demand", "需求"),
        "map.all": ("demand point", "需求点"),
        "map.within": ("within reach as before", "前后均覆盖"),
        "map.gained": ("newly within reach", "新覆盖"),
        "map.lost": ("no longer within reach", "不再覆盖"),
        "map.outside": ("not within reach", "未覆盖"),
        "map.size": ("{value} visits a month", "每月 {value} 人次"),
        "map.north": ("N", "北"),
        "map.moved": ("from {name}", "自 {name} 迁来"),
        # Plots
        "plot.people": ("{total} residents", "居民 {total} 人"),
        "plot.need": ("Need: {total} visits a month", "潜在需求：每月 {total} 人次"),
        "plot.expected_use": ("Expected use: {total} visits a month", "预期使用量：每月 {total} 人次"),
        "plot.weight": ("Demand: {total} visits a month", "需求：每月 {total} 人次"),
        "plot.awareness": ("awareness", "知晓率"),
        "plot.within": ("within reach", "已覆盖"),
        "plot.covered": ("{share} of demand within reach", "需求覆盖率 {share}"),
        "plot.plan": ("{study}: {before} → {after} of demand within reach", "{study}：需求覆盖率 {before} → {after}"),
        # Data
        "data.inputs": ("Inputs", "输入数据"),
        "data.notices": ("Notices", "声明"),
        "data.versions": ("Versions", "软件版本"),
        "data.seed": ("Seed", "随机种子"),
        "data.study": ("Study file", "方案文件"),
        "data.check": (
            "To check every number of this plan against the inputs, run: placement verify FOLDER",
            "逐项复核本方案：运行 placement verify 文件夹",
        ),
        "column.input": ("Input", "输入"),
        "column.kind": ("Kind", "类别"),
        "column.sha256": ("SHA-256", "SHA-256"),
        "kind.simulated": ("simulated", "模拟数据"),
        "kind.supplied": ("as supplied", "原始提供"),
        # Words of a study
        **{f"word.{name}": pair for name, pair in WORDS.items()},
    }
)


def check_language(language: str) -> None:
    """Raise an InputError unless reports can be written in `language`."""
    if language not in LANGUAGES:
        raise InputError.single(
            "study.toml", f"language {language!r} is unknown", row="study.language", remedy="use en or zh"
        )


def texts(language: str, *, steps: bool = False) -> Mapping[str, str]:
    """Return the texts of one language by key.

    Parameters
    ----------
    language
        ``en`` or ``zh``.
    steps
        Whether the service standard has steps: coverage is then called graded, and within reach is said with a step.

    Raises
    ------
    InputError
        If the language is unknown.

    Examples
    --------
    >>> texts("zh")["action.move"]
    '迁移'
    """
    check_language(language)
    which = LANGUAGES.index(language)
    catalogue = {**CATALOGUE, **STEPS} if steps else CATALOGUE
    return MappingProxyType({key: pair[which] for key, pair in catalogue.items()})


def word(text: Mapping[str, str], name: str) -> str:
    """Return a study's own word (an age group, a host, ...) in the language of `text`, or as it is where unknown.

    Examples
    --------
    >>> word(texts("zh"), "bank"), word(texts("zh"), "teahouse")
    ('银行', 'teahouse')
    """
    return text.get(f"word.{name}", name)

"""What reports say of what is assumed and of how sure floors are, in both languages: a part of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SURE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # Floors
        "floors": ("Floors, and how sure they are", "覆盖率底线及其把握"),
        "floors.note": (
            (
                "The plan keeps each floor by the estimate. Population, need, foot traffic and survey are not known "
                "exactly: it is counted again in {draws} draws, all as likely as the estimate, whether each is kept."
            ),
            (
                "按估计值，本方案满足各项底线。人口、需求、人流与调查结果均有误差：按其不确定性对需求抽样 {draws} 次，"
                "逐次复核各项底线是否仍然满足。"
            ),
        ),
        "floors.unsure": (
            "Kept by the estimate, but not surely, by {draws} draws of the demand: {floors}.",
            "以下底线按估计值满足，但把握不足（对需求抽样 {draws} 次）：{floors}。",
        ),
        "floors.unsure.one": (
            "the floor of {name} ({floor} asked, {reached} reached) holds in {kept} of them",
            "{name}（要求 {floor}，达到 {reached}）在 {kept} 的抽样中满足",
        ),
        "column.floor": ("Floor of", "底线对象"),
        "column.floor.asked": ("Asked", "要求"),
        "column.floor.reached": ("Reached", "达到"),
        "column.floor.kept": ("Holds in", "满足的抽样比例"),
        # Assumptions
        "assumed": ("What is assumed", "未经实测的假设"),
        "assumed.note": (
            (
                "Nobody has measured these numbers, and the study does not state them; the plan goes by our defaults. "
                "“placement check --sensitivity” says how far each of them moves it."
            ),
            (
                "下列数值未经实测，方案文件也未给定，采用软件默认值。"
                "运行 placement check --sensitivity 可查看各项假设对方案的影响。"
            ),
        ),
        "column.assumed.key": ("Setting", "设置项"),
        "column.assumed.means": ("Meaning", "含义"),
        "column.assumed.value": ("Assumed", "默认值"),
        "column.assumed.moves": ("Moves", "影响"),
        "assumed.moves.plan": ("the plan", "方案"),
        "assumed.moves.intervals": ("intervals alone", "仅影响区间"),
        "assumed.moves.figures": ("figures alone", "仅影响统计数字"),
        "assumed.demand.need_share": (
            "weight of need in the objective; the rest is expected use",
            "目标中潜在需求的权重，其余为预期使用量",
        ),
        "assumed.demand.footfall_capture": ("visits that a passer-by makes", "每名过路人产生的办件量"),
        "assumed.demand.non_resident_share": (
            "passers-by who are not residents already counted",
            "过路人中非本地居民的比例",
        ),
        "assumed.demand.footfall_bandwidth_m": (
            "metres over which a counter’s people are spread",
            "计数点人流沿街道分摊的距离（米）",
        ),
        "assumed.demand.footfall_siting": ("whether counters stand where many pass", "计数点是否设在人流密集处"),
        "assumed.demand.period_rule": (
            "whole: a station counts in a period only if it is open through all of it",
            "whole：站点须在整个时段内开放，才计入该时段",
        ),
        "assumed.demand.online_share": ("part of the visits that is done online", "线上办理的比例"),
        "assumed.demand.deff": (
            "answers of the survey that count as one: 1, as if each came by itself",
            "调查的设计效应：1 即视每份答卷相互独立",
        ),
        "assumed.demand.trip_rate_cv": ("how sure the trip rates are (coefficient of variation)", "办事频次的变异系数"),
        "assumed.demand.footfall_cv": ("how sure the counters are (coefficient of variation)", "人流计数的变异系数"),
        "assumed.demand.need_area_cv": (
            "how sure the need of each district is beside the town’s (coefficient of variation)",
            "各区域需求相对全市的变异系数",
        ),
        "assumed.demand.people_cv": (
            "how sure the people at each demand point are (coefficient of variation)",
            "各需求点人口的变异系数",
        ),
        "assumed.travel.speed_m_s": ("walking speed, metres a second", "步行速度（米/秒）"),
        "assumed.policy.visits_weight": (
            "what a predicted visit counts beside a covered one",
            "一次预计办件相对于一次覆盖需求的权重",
        ),
        "assumed.policy.backup_share": (
            "part of the demand that counts only where two stations are within reach",
            "须有两个站点可达才计入的需求比例",
        ),
        "assumed.policy.outage_probability": (
            "that a station is out of order when it is needed",
            "需要时站点停用的概率",
        ),
        "assumed.policy.idle_below": (
            "visits a month below which a station is called idle",
            "每月办件量低于此数即称闲置",
        ),
        "assumed.usage.exponent": ("power by which visits follow the catchment", "办件量随服务范围需求变化的幂次"),
        "assumed.usage.decay_per_min": ("how fast visits fall with each minute of walking", "办件量随步行每分钟的衰减"),
        "assumed.usage.outside": (
            "outside option: pull of staying at home, in pulls of a station at the door",
            "外部选择：不去任何站点的吸引力（以门口站点的吸引力计）",
        ),
        "assumed.usage.door_share": ("part of a station’s visits that come by its door", "路过门口的办件所占比例"),
    }
)

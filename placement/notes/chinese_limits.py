"""What notes on limits that bind nothing, and on missing plans, are in Chinese: a part of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LIMITS: Mapping[str, str] = MappingProxyType(
    {
        "{count:,} site may have a station there": "可设站点的此类地点只有 {count:,} 个",
        "{count:,} sites may have a station there": "可设站点的此类地点只有 {count:,} 个",
        "the column chain of the sites has no effect: no policy.max_by_chain": (
            "站点表的 chain 列不起作用：未设 policy.max_by_chain"
        ),
        "exclusive {text} has no effect: {site} alone has it": "互斥标记 {text} 不起作用：只有 {site} 有此标记",
        "action_fixed keep has no effect at {sites}: a required station is kept": (
            "{sites} 的 action_fixed keep 不起作用：必设站点本来就保留"
        ),
        "no site without a station is less than {metres:g} m from another": (
            "没有站点的地点与其他地点的距离都不小于 {metres:g} 米"
        ),
        "policy.min_reach_new rules out {count} of {all} sites without a station": (
            "policy.min_reach_new 排除了 {all} 个无站点地点中的 {count} 个"
        ),
        "every site without a station has as much within reach": "每个无站点地点的服务范围内都有这么多需求",
        (
            "machines are out of order {share:.2%} of the time, by outage_hours of {months:,} months of {stations:,} "
            "stations: from {least:.2%} at {best} to {most:.2%} at {worst}"
        ): (
            "设备故障时间占 {share:.2%}，取自 {stations:,} 个站点 {months:,} 个月的 outage_hours："
            "最低 {best} {least:.2%}，最高 {worst} {most:.2%}"
        ),
        "no more than {count:,} stations may stand": "站点总数不会超过 {count:,} 个",
        "interrupted: {left} of {all} weights were not tried": "已中断：{all} 个权重中有 {left} 个未求解",
        "no plan with weight {weight} was found in time": "权重 {weight} 未在时限内找到方案",
    }
)

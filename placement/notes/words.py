"""Words of a study that the library knows: tables, age groups, periods, hosts; in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "all": ("all", "全部"),
        "general": ("general", "一般人群"),
        "elderly": ("elderly", "老年人"),
        "day": ("day", "白天"),
        "night": ("night", "夜间"),
        "morning": ("morning", "上午"),
        "afternoon": ("afternoon", "下午"),
        "evening": ("evening", "傍晚"),
        "weekend": ("weekend", "周末"),
        "bank": ("bank", "银行"),
        "community": ("community", "社区"),
        "airport": ("airport", "机场"),
        "rail": ("rail station", "火车站"),
        "rail_station": ("rail station", "火车站"),
        "metro": ("metro station", "地铁站"),
        "metro_station": ("metro station", "地铁站"),
        "supermarket": ("supermarket", "超市"),
        "school": ("school", "学校"),
        "pharmacy": ("pharmacy", "药店"),
        "hospital": ("hospital", "医院"),
        "mall": ("shopping mall", "商场"),
        "government": ("government hall", "政务大厅"),
        "population": ("population", "人口"),
        "footfall": ("foot traffic", "人流量"),
        "survey": ("survey", "知晓率调查"),
        "covariates": ("covariates", "协变量"),
        "footfall_counts": ("foot-traffic counts", "人流量计数"),
        "stations": ("stations", "现有站点"),
        "candidates": ("candidates", "候选点"),
        "usage": ("usage", "使用记录"),
        "streets": ("streets", "街道"),
        "districts": ("districts", "区域边界"),
        "travel": ("travel times", "出行时间"),
        "study": ("study file", "方案文件"),
        "streets_nodes": ("street nodes", "街道节点"),
        "streets_edges": ("street edges", "街道路段"),
    }
)

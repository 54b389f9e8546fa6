"""What reports say of the survey and of foot traffic, in English and in Chinese: a part of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

EVIDENCE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # Who knows the service
        "aware": ("Who knows the service?", "谁知晓该服务？"),
        "aware.city": (
            (
                "{mean} of the residents know the service (90 % interval {low} to {high}); {never} have never heard of "
                "it ({never_low} to {never_high})."
            ),
            "居民知晓率为 {mean}（90% 区间 {low}—{high}）；{never} 的居民从未听说（{never_low}—{never_high}）。",
        ),
        "aware.levels": (
            "{used} use it ({used_low} to {used_high}); {idle} know it and do not use it ({idle_low} to {idle_high}).",
            "使用者占 {used}（{used_low}—{used_high}）；知晓但未使用者占 {idle}（{idle_low}—{idle_high}）。",
        ),
        "aware.note": (
            (
                "Estimated from {asked} people asked in {surveyed} of {districts} districts and weighted by the ages "
                "that live there. {leans}; where nobody was, the interval shows what districts can be like."
            ),
            (
                "根据 {districts} 个区域中 {surveyed} 个区域的 {asked} 名受访者估计，并按当地居民年龄构成加权。"
                "{leans}；无受访者的区域，其区间反映各区域之间可能的差异。"
            ),
        ),
        "aware.leans": ("Where few were asked, the estimate leans on the city", "受访者少的区域向全市均值收缩"),
        "aware.leans.covariates": (
            "Where few were asked, the estimate leans on districts of like {covariates}",
            "受访者少的区域向 {covariates} 相近的区域收缩",
        ),
        "aware.uptake": (
            "The plan takes the study’s own uptake, not the survey’s, of those who know it: {uptake}.",
            "知晓者中的使用率采用方案给定值，而非调查结果：{uptake}。",
        ),
        "aware.least": ("Districts where fewest know it", "知晓率最低的区域"),
        "aware.more": (
            "The {shown} least aware of {districts}; all of them, by age group: awareness.csv.",
            "列出 {districts} 个区域中知晓率最低的 {shown} 个；全部区域分年龄组的数据见 awareness.csv。",
        ),
        "column.asked": ("Asked", "受访人数"),
        "column.aware": ("Know it", "知晓率"),
        "column.interval": ("90 % interval", "90% 区间"),
        "column.never": ("Never heard of it", "从未听说"),
        "column.uses": ("Use it", "使用者占比"),
        "interval": ("{low} to {high}", "{low} 至 {high}"),
        # Foot traffic
        "passers": ("Foot traffic where nobody counts", "未设置计数点处的人流量"),
        "passers.says": (
            (
                "{virtual} virtual counters stand where no counter is within {metres}; their numbers are interpolated "
                "from {real} counters and make up {share} of all passers-by. Left out in turn, a counter is off by a "
                "factor of {factor} (median); taking the mean of the others, by {mean}. {holds} of the counters lie "
                "within their 90 % interval."
            ),
            (
                "在 {metres}内无计数点处设置了 {virtual} 个虚拟计数点，其人流量由 {real} 个实际计数点插值得到，"
                "占全部人流量的 {share}。逐一剔除计数点检验：误差中位数为 {factor} 倍；"
                "若以其余各点均值代替，为 {mean} 倍。{holds} 的计数点落在其 90% 区间内。"
            ),
        ),
        "passers.says.one": (
            (
                "{virtual} virtual counter stands where no counter is within {metres}; its number is interpolated "
                "from {real} counters and makes up {share} of all passers-by. Left out in turn, a counter is off by a "
                "factor of {factor} (median); taking the mean of the others, by {mean}. {holds} of the counters lie "
                "within their 90 % interval."
            ),
            (
                "在 {metres}内无计数点处设置了 {virtual} 个虚拟计数点，其人流量由 {real} 个实际计数点插值得到，"
                "占全部人流量的 {share}。逐一剔除计数点检验：误差中位数为 {factor} 倍；"
                "若以其余各点均值代替，为 {mean} 倍。{holds} 的计数点落在其 90% 区间内。"
            ),
        ),
        "passers.rests": (
            (
                "{need} of the need comes from virtual counters ({passers} of the passers-by); {without} of {points} "
                "demand points stay without passers-by."
            ),
            "{need} 的潜在需求来自虚拟计数点（占人流量的 {passers}）；{points} 个需求点中有 {without} 个没有人流量。",
        ),
        "passers.capped": (
            "{count} of them are held to the busiest counter.",
            "其中 {count} 个以最繁忙的实际计数点为上限。",
        ),
        "passers.no_better": (
            "Interpolation is no better than the mean here: where foot traffic matters, count.",
            "此处插值并不优于均值：在人流量重要之处，应实地计数。",
        ),
    }
)

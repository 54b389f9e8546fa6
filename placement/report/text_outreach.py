"""What reports say of publicity and guides, in English and in Chinese: a part of the catalogue of ``text.py``."""

from __future__ import annotations

OUTREACH: dict[str, tuple[str, str]] = {
    "line.guides": ("Guides, a year", "导办员费用，每年"),
    "line.publicity": ("Publicity, a year", "宣传费，每年"),
    "outreach.publicity": (
        (
            "Publicity for {yuan} yuan a year: {areas}. Of the residents within reach, {people} learn of the service; "
            "{use} more visits a month are to be expected of them."
        ),
        "宣传费每年 {yuan} 元：{areas}。服务范围内新增知晓居民 {people} 人，预计每月增加使用 {use} 人次。",
    ),
    "outreach.area": (
        "{area} {yuan} yuan (awareness {before} → {after})",
        "{area} {yuan} 元（知晓率 {before} → {after}）",
    ),
    "outreach.package": (
        "{area} {package}, {yuan} yuan (awareness {before} → {after})",
        "{area}“{package}” {yuan} 元（知晓率 {before} → {after}）",
    ),
    "outreach.no_publicity": (
        "Nothing is spent on publicity: stations bring more.",
        "不安排宣传费：用于站点效果更好。",
    ),
    "outreach.guides": (
        (
            "Guides at {count} stations for {yuan} yuan a year: {sites}. {people} residents of the age group have one "
            "within reach; {use} more visits a month are to be expected of those who know the service today."
        ),
        (
            "{count} 个站点配备导办员，每年 {yuan} 元：{sites}。该年龄组有 {people} 名居民可到达有导办员的站点，"
            "按现有知晓率预计每月增加使用 {use} 人次。"
        ),
    ),
    "outreach.no_guides": (
        "No station has a guide: the money brings more elsewhere.",
        "不配备导办员：资金用于其他方面效果更好。",
    ),
    "outreach.sum": (
        (
            "The objective counts {covered} visits a month of coverage at today’s awareness and uptake, and {more} "
            "that publicity and guides add. Coverage, floors and predicted visits in this report are without them."
        ),
        (
            "优化目标中，按现有知晓率和使用率计的覆盖需求为每月 {covered} 人次，宣传与导办另增 {more} 人次。"
            "本报告的覆盖率、下限与预计办件量均未计入宣传与导办。"
        ),
    ),
    "outreach.alone": (
        (
            "The same money in stations alone covers {alone} visits a month (no such plan covers more than {most}): "
            "{less} less than this plan is worth."
        ),
        "同样的资金若只用于站点，每月覆盖 {alone} 人次（此类方案至多 {most} 人次），比本方案的目标值少 {less} 人次。",
    ),
    "outreach.objective": (
        "Covered, with publicity and guides (a month)",
        "覆盖需求，计入宣传与导办（每月）",
    ),
}

"""What notes on tables, settings, survey and counters are in Chinese: a part of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

INPUTS: Mapping[str, str] = MappingProxyType(
    {
        # Sentences of sentences, and names of tables
        "{table}: {says}": "{table}：{says}",
        "{says}; {more}": "{says}；{more}",
        "{one} and {other}": "{one}与{other}",
        "SIMULATED {table}": "模拟数据 {table}",
        "columns not used: {names}": "未使用的列：{names}",
        "columns not used: {names} (x and y are)": "未使用的列：{names}（采用 x 与 y）",
        "{column} is not used": "未使用 {column}",
        "column {theirs!r} is read as {ours}": "列 {theirs!r} 按 {ours} 读取",
        "{column} is read in one spelling (the same but for Unicode form, blanks or signs of no width): {pairs}": (
            "{column} 已统一写法（仅 Unicode 形式、空格或零宽字符不同）：{pairs}"
        ),
        "{old!a} as {new!a}": "{old!a} 读作 {new!a}",
        "{where} names {old!a}, read as {new!a}": "{where} 中的名称 {old!a} 读作 {new!a}",
        "polygons mended without a change of area: {names}": "已修复的多边形（面积不变）：{names}",
        (
            "{count} pair of polygons overlap by slivers ({area:,.3g} m2 in all, {share:.2g} of the smaller one at "
            "most): {pairs}"
        ): "{count} 对多边形有细缝重叠（共 {area:,.3g} 平方米，至多占较小者的 {share:.2g}）：{pairs}",
        (
            "{count} pairs of polygons overlap by slivers ({area:,.3g} m2 in all, {share:.2g} of the smaller one at "
            "most): {pairs}"
        ): "{count} 对多边形有细缝重叠（共 {area:,.3g} 平方米，至多占较小者的 {share:.2g}）：{pairs}",
        "demand.age_share.{group} is not used: the table has a column {group}": (
            "demand.age_share.{group} 未使用：表中已有 {group} 列"
        ),
        "services are not used: demand.trips_per_month does not tell services apart": (
            "未使用 services：demand.trips_per_month 未区分服务"
        ),
        (
            "made in Python, from frames: no study stands behind this plan, so that nobody can recount it from its "
            "inputs"
        ): "本方案由 Python 数据表直接生成，没有对应的方案文件，因此无法由原始输入复核",
        # Settings that change nothing
        "{key} has no effect: {why}": "{key} 不起作用：{why}",
        "no [guides]": "没有 [guides]",
        "inputs.footfall adds no need: demand.footfall_capture is 0": (
            "inputs.footfall 未增加需求：demand.footfall_capture 为 0"
        ),
        "a plan in phases counts coverage alone: predicted visits are only reported": (
            "分期方案只计覆盖率：预计办件量仅作报告"
        ),
        "solve.backend {backend} knows coverage alone: predicted visits count nothing for a plan": (
            "solve.backend 为 {backend} 时只计覆盖：预计办件量不参与方案"
        ),
        "no budget.horizon_years": "没有 budget.horizon_years",
        "no inputs.footfall": "没有 inputs.footfall",
        "no virtual counters (demand.footfall_interpolate)": "未设虚拟计数点（demand.footfall_interpolate）",
        "no inputs.footfall_counts": "没有 inputs.footfall_counts",
        "no inputs.usage": "没有 inputs.usage",
        "no inputs.survey": "没有 inputs.survey",
        "the population is a raster": "人口数据为栅格",
        "the population is points": "人口数据为点",
        "no demand.grid_m": "没有 demand.grid_m",
        "general is everybody who is in no other group": "general 即不属于其他年龄组的所有人",
        "general is everybody younger than the other groups": "general 即比其他年龄组年轻的所有人",
        "times come from a travel table, not from streets": "出行时间取自出行时间表，而非街道",
        "times come from straight lines, not from streets": "出行时间按直线距离计算，而非街道",
        "times come from streets, not from straight lines": "出行时间取自街道，而非直线距离",
        "times come from a travel table, not from straight lines": "出行时间取自出行时间表，而非直线距离",
        "times come from a travel table": "出行时间取自出行时间表",
        "the standard is a distance, travel.threshold_m": "服务标准为距离（travel.threshold_m）",
        "the standard is a distance, threshold_m in travel.step": "服务标准为距离（travel.step 中的 threshold_m）",
        "people on foot walk both ways": "步行者双向通行",
        "no site opens or closes within a period": "没有站点在时段之内开门或关门",
        "no site has this host": "没有站点依托该类场所",
        "the survey holds counts, not questionnaires": "调查表为汇总计数，而非问卷",
        (
            "max_moves counts moved machines only: with max_moves = 0 stations may still close and others open; set "
            "max_changes (or max_opens, max_closes) to limit them"
        ): (
            "max_moves 只限制设备迁移：max_moves = 0 时仍可撤并旧站点、新增其他站点；如需限制，请设 max_changes（或 "
            "max_opens、max_closes）"
        ),
        "its times hold for everybody; travel.speed_m_s is not used": "表中时间适用于所有人；未使用 travel.speed_m_s",
        # The survey
        "{count} questionnaires left out: {why}": "剔除问卷 {count} 份：{why}",
        "no district": "无区域",
        "no age group": "无年龄组",
        "no answer": "未作答",
        "no cluster": "无抽样群",
        "weight is not above 0": "权重不大于 0",
        "age is not within 0..120": "年龄不在 0 至 120 之间",
        "its column used is replaced by [demand.uptake]: {given}": "其 used 列由 [demand.uptake] 替代：{given}",
        "covariate {name} left out: the same everywhere": "未采用协变量 {name}：各区域数值相同",
        "extrapolated beyond the surveyed districts' {name} of {low:g} to {high:g}: {names}": (
            "以下区域的 {name} 超出受访区域的范围 {low:g} 至 {high:g}，估计为外推：{names}"
        ),
        "{of}: {clusters} clusters, intraclass correlation {icc:.2f}: {left:.0%} of the answers count": (
            "{of}：{clusters} 个抽样群，群内相关系数 {icc:.2f}，有效答卷占 {left:.0%}"
        ),
        "aware of asked": "受访者中的知晓者",
        "used of aware": "知晓者中的使用者",
        # Foot traffic
        "{count} rows left out: {reason} (first: {first})": "剔除 {count} 行：{reason}（首行：{first}）",
        "empty row": "空行",
        "no counter": "无计数点",
        "no time": "无时间",
        "no count": "无计数",
        "negative count": "计数为负",
        "impossible count": "计数过大",
        "no direction": "无方向",
        "night count outside 0..count": "夜间计数超出总数",
        "stuck count": "计数长时间不变",
        "outage": "设备中断",
        "hours of the day that were not counted are as at the other counters: {names}": (
            "未计数的小时按其他计数点补足：{names}"
        ),
        "months or weekdays that were not counted are as at the other counters: {names}": (
            "未计数的月份或星期按其他计数点补足：{names}"
        ),
        "{rows} rows a time are summed as directions: {names}": "同一时刻的 {rows} 行按不同方向相加：{names}",
        "counts every {step} minutes are summed (counts_every says {said}): {names}": (
            "每 {step} 分钟的计数已相加（counts_every 为 {said}）：{names}"
        ),
        "fewer than {enough} hours of the day were counted (the daily number is of these alone): {names}": (
            "一天中计数不足 {enough} 小时（日人流量仅含这些小时）：{names}"
        ),
        "fewer than {enough} weekdays were counted (the daily number is of these alone): {names}": (
            "一周中计数不足 {enough} 天（日人流量仅含这些日子）：{names}"
        ),
        "no demand point within {metres:g} m; all people go to the nearest: {names}": (
            "{metres:g} 米内没有需求点，全部人流计入最近的需求点：{names}"
        ),
        "counters less than {metres:g} m apart see the same people and count in part: {names}": (
            "相距不足 {metres:g} 米的计数点所见为同一批人，只部分计入：{names}"
        ),
        (
            "{count} virtual counter set out where no counter stands within {metres:g} m, interpolated from {real}; "
            "left out in turn, a counter is off by a factor of {factor:.2f} (median), by {mean:.2f} where the mean of "
            "the others is taken"
        ): (
            "在 {metres:g} 米内无计数点处设置 {count} 个虚拟计数点，由 {real} 个实际计数点插值；逐一剔除检验，误差中位"
            "数为 {factor:.2f} 倍，若取其余各点均值则为 {mean:.2f} 倍"
        ),
        (
            "{count} virtual counters set out where no counter stands within {metres:g} m, interpolated from {real}; "
            "left out in turn, a counter is off by a factor of {factor:.2f} (median), by {mean:.2f} where the mean of "
            "the others is taken"
        ): (
            "在 {metres:g} 米内无计数点处设置 {count} 个虚拟计数点，由 {real} 个实际计数点插值；逐一剔除检验，误差中位"
            "数为 {factor:.2f} 倍，若取其余各点均值则为 {mean:.2f} 倍"
        ),
        "counters stand where many pass, so that other places are expected lower": (
            "计数点设在人流密集处，其他地点的人流预计较少"
        ),
        "{count} held to the busiest counter, which the mean of their distribution exceeds": (
            "{count} 个以最繁忙的计数点为上限，其分布均值超过该值"
        ),
        "{says}: interpolation is NO BETTER than the mean here": "{says}：此处插值并不优于均值",
        (
            "{passers:.1%} of the passers-by and {need:.1%} of the need come from virtual counters; {without:,} of "
            "{points:,} demand points stay without passers-by"
        ): (
            "人流量的 {passers:.1%}、潜在需求的 {need:.1%} 来自虚拟计数点；{points:,} 个需求点中有 {without:,} 个没有"
            "人流量"
        ),
        "{file} is not read: what counts is what {raster} itself holds": "未读取 {file}：以 {raster} 自身内容为准",
        (
            "{outside:,.0f} of {around:,.0f} people in the rectangle around the districts lie in none of them and are "
            "not counted"
        ): "区域外接矩形内共 {around:,.0f} 人，其中 {outside:,.0f} 人不在任何区域内，未计入",
    }
)

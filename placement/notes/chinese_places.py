"""What notes on visits, streets and what can count are in Chinese: a part of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PLACES: Mapping[str, str] = MappingProxyType(
    {
        # Predicted visits
        "visits are not predicted: {why}": "未作办件量预测：{why}",
        "{pairs:,} pairs, {most:,} are the most": "需求点与站点共 {pairs:,} 对，上限为 {most:,} 对",
        "not predictable from these data: {stations} stations with transactions, {least} are the least": (
            "现有数据不足以预测：有业务记录的站点仅 {stations} 个，至少需要 {least} 个"
        ),
        (
            "not predictable from these data: one level for each host kind explains the transactions as well "
            "(logarithm of the Bayes factor {bayes:.1f})"
        ): "现有数据不足以预测：按依托场所类别各取一个水平，即可同样解释业务量（贝叶斯因子的对数为 {bayes:.1f}）",
        (
            "weak: intervals only, no ranking of sites (logarithm of the Bayes factor {bayes:.1f}, R2 of left-out "
            "areas {r2:.2f}); opening hours, floor space and counters at the doors would help"
        ): (
            "证据较弱：只给出区间，不对站点排序（贝叶斯因子的对数为 {bayes:.1f}，整片剔除检验的 R² 为 {r2:.2f}）；补充"
            "开放时间、面积和门口人流计数会有帮助"
        ),
        (
            "visits of {stations} stations, each predicted without its own record: off by {error:.0%} in the median, "
            "rank correlation {rank:.2f}, 90 % intervals hold {held:.0%}; error of the logarithm {each}, whole areas "
            "left out {areas}; logarithm of the Bayes factor {bayes:.1f}"
        ): (
            "对 {stations} 个站点逐一剔除自身记录后预测：误差中位数 {error:.0%}，秩相关系数 {rank:.2f}，90% 区间包含 "
            "{held:.0%}；对数误差 {each}，整片区域剔除时为 {areas}；贝叶斯因子的对数为 {bayes:.1f}"
        ),
        "{own:.2f} (one level for all {level:.2f}, nearest stations {nearest:.2f})": (
            "{own:.2f}（统一水平 {level:.2f}，最近站点法 {nearest:.2f}）"
        ),
        "{own:.2f} (one level for all {level:.2f})": "{own:.2f}（统一水平 {level:.2f}）",
        "how much a new station takes from others is assumed, not measured": "新站点从其他站点分流多少为假设，并非实测",
        "decay assumed {decay:.2f} a minute (not seen in the data)": "距离衰减假设为每分钟 {decay:.2f}（数据中未体现）",
        "no station of these host kinds has transactions: {hosts}": "以下依托场所类别没有站点有业务记录：{hosts}",
        "intervals are widened by {factor:.2f}: those of left-out areas held too little": (
            "区间已放宽 {factor:.2f} 倍：整片剔除检验中区间包含的比例不足"
        ),
        (
            "level: {expected:,.0f} visits a month are expected of people within reach of today's stations, "
            "{seen:,.0f} of the recorded ones are put down to them, passers-by left out: {factor:.2f} ({low:.2f} to "
            "{high:.2f})"
        ): (
            "水平：现有站点可达范围内居民的预期使用量为每月 {expected:,.0f} 人次，业务记录中归于他们的为 {seen:,.0f} "
            "人次（不含过路人），比值 {factor:.2f}（{low:.2f} 至 {high:.2f}）"
        ),
        # Streets and travel times
        (
            "streets look shifted against {tables}: half of these lies more than {before:,.1f} m from every street, "
            "read as {system} only {after:,.1f} m; if so, write {key}"
        ): (
            "街道相对{tables}似有偏移：后者半数距所有街道超过 {before:,.1f} 米，若按 {system} 读取仅 {after:,.1f} 米；"
            "如确为偏移，请写 {key}"
        ),
        (
            "{tables} looks shifted: half of it lies more than {before:,.1f} m from every street, read as {system} "
            "only {after:,.1f} m; if so, write {key}"
        ): (
            "{tables}似有偏移：半数距所有街道超过 {before:,.1f} 米，若按 {system} 读取仅 {after:,.1f} 米；"
            "如确为偏移，请写 {key}"
        ),
        (
            "{tables} together look shifted: half of them lies more than {before:,.1f} m from every street, read as "
            "{system} only {after:,.1f} m; if so, write {key} and so on"
        ): (
            "{tables}似有同样的偏移：半数距所有街道超过 {before:,.1f} 米，若按 {system} 读取仅 {after:,.1f} 米；"
            "如确为偏移，请写 {key} 等"
        ),
        (
            "nine lengths of ten are more than {times:.2f} times the straight line between their ends; were they "
            "measured in metres on the ground (Web Mercator stretches them)?"
        ): "九成路段的长度超过两端直线距离的 {times:.2f} 倍；长度是否为实地米数（Web Mercator 会拉长）？",
        "{count:,} edge is {reason}: {names}": "{count:,} 条路段{reason}：{names}",
        "{count:,} edges are {reason}: {names}": "{count:,} 条路段{reason}：{names}",
        "shorter than the straight line": "短于直线距离",
        "3 times its line or more": "长度为其线形的 3 倍以上",
        "a third of its line or less": "长度不及其线形的三分之一",
        "{edge} ({length:,.0f} m, its line {line:,.0f} m)": "{edge}（{length:,.0f} 米，线形 {line:,.0f} 米）",
        (
            "{count:,} dead end lies within {metres:g} m of a street without joining it{within}; nobody passes there, "
            "e.g. {places}"
        ): "{count:,} 处断头路距街道不足 {metres:g} 米却未相接{within}，无法通行，例如 {places}",
        (
            "{count:,} dead ends lie within {metres:g} m of a street without joining it{within}; nobody passes there, "
            "e.g. {places}"
        ): "{count:,} 处断头路距街道不足 {metres:g} 米却未相接{within}，无法通行，例如 {places}",
        " ({count} of them at the middle of it, where it has no node)": "（其中 {count} 处位于路段中间，该处没有节点）",
        "node {node} at lon {lon:.6f}, lat {lat:.6f} ({gap:.2f} m)": (
            "节点 {node}（经度 {lon:.6f}，纬度 {lat:.6f}，间隔 {gap:.2f} 米）"
        ),
        (
            "{parts:,} parts that no street joins; {who} stands on others than the one with most of the demand, and "
            "no way leads from one to another"
        ): "路网分为互不相连的 {parts:,} 部分；{who}不在需求最多的部分上，彼此无路可通",
        (
            "{parts:,} parts that no street joins; {who} stand on others than the one with most of the demand, and no "
            "way leads from one to another"
        ): "路网分为互不相连的 {parts:,} 部分；{who}不在需求最多的部分上，彼此无路可通",
        "{count:,} demand point with {share:.2%} of the demand ({names})": (
            "{count:,} 个需求点（占需求的 {share:.2%}：{names}）"
        ),
        "{count:,} demand points with {share:.2%} of the demand ({names})": (
            "{count:,} 个需求点（占需求的 {share:.2%}：{names}）"
        ),
        "{count:,} site ({names})": "{count:,} 个站点（{names}）",
        "{count:,} sites ({names})": "{count:,} 个站点（{names}）",
        "{count:,} demand point lies more than {metres:g} m from every street: {names}": (
            "{count:,} 个需求点距所有街道超过 {metres:g} 米：{names}"
        ),
        "{count:,} demand points lie more than {metres:g} m from every street: {names}": (
            "{count:,} 个需求点距所有街道超过 {metres:g} 米：{names}"
        ),
        "{count:,} site lies more than {metres:g} m from every street: {names}": (
            "{count:,} 个站点距所有街道超过 {metres:g} 米：{names}"
        ),
        "{count:,} sites lie more than {metres:g} m from every street: {names}": (
            "{count:,} 个站点距所有街道超过 {metres:g} 米：{names}"
        ),
        "left out: {count:,} {what} ({reason}), {km:,.1f} km in all": (
            "剔除：{count:,} 个{what}（{reason}），共 {km:,.1f} 公里"
        ),
        "left out: {count:,} {what}s ({reason}), {km:,.1f} km in all": (
            "剔除：{count:,} 个{what}（{reason}），共 {km:,.1f} 公里"
        ),
        "{what}: {count:,} ({reason})": "{what}：{count:,}（{reason}）",
        "connected part": "连通部分",
        "ways cut at the edge of the extract": "在数据边缘被截断的道路",
        "their nodes that are missing": "其缺失的节点",
        "not in the file": "文件中没有",
        "{lost:,} of {all:,} pairs are out of reach: {absent:,} without a row": (
            "{all:,} 对中有 {lost:,} 对不可达：{absent:,} 对没有记录"
        ),
        "{lost:,} of {all:,} pairs are out of reach: {absent:,} without a row, {empty:,} without a number": (
            "{all:,} 对中有 {lost:,} 对不可达：{absent:,} 对没有记录，{empty:,} 对没有数值"
        ),
        "no site is reached from {count:,} demand point: {names}": "{count:,} 个需求点到不了任何站点：{names}",
        "no site is reached from {count:,} demand points: {names}": "{count:,} 个需求点到不了任何站点：{names}",
        "nobody reaches {count:,} site: {names}": "没有需求点能到达 {count:,} 个站点：{names}",
        "nobody reaches {count:,} sites: {names}": "没有需求点能到达 {count:,} 个站点：{names}",
        "half of the pairs are faster than {speed:.3g} m/s in a straight line: not on foot; say [travel] mode": (
            "半数以上按直线计快于 {speed:.3g} 米/秒，并非步行；请在 [travel] 中设 mode"
        ),
        "{count:,} pair {what}: {names}": "{count:,} 对{what}：{names}",
        "{count:,} pairs {what}: {names}": "{count:,} 对{what}：{names}",
        "faster than {speed:g} m/s in a straight line": "按直线计快于 {speed:g} 米/秒",
        "shorter than {times:g} x the straight line": "短于直线距离的 {times:g} 倍",
        "{point} to {site}": "{point} 至 {site}",
        # What can count for nothing
        "nothing can count for {names}: {why}": "{names} 无法计入任何覆盖：{why}",
        "it has no weight: no demand point has need there": "没有权重：没有需求点有此类需求",
        "no site is open during the whole of the period {period} ({hours}): the longest opening is {opens} at {site}": (
            "没有站点在整个时段 {period}（{hours}）内开放：开放最久的为 {site}，{opens}"
        ),
        "no site offers {service} (offered: {names})": "没有站点提供 {service}（已提供：{names}）",
        "no site that offers {service} is open during the whole of the period {period}": (
            "提供 {service} 的站点均未在整个时段 {period} 内开放"
        ),
        "no pair is within reach: the nearest pair is {where}, the threshold allows {limit:,.0f} {unit}": (
            "没有一对可达：最近的一对{where}，标准为 {limit:,.0f} {unit}"
        ),
        "{far:,.0f} m apart ({point} to {site})": "相距 {far:,.0f} 米（{point} 至 {site}）",
        "{far:,.0f} s away ({point} to {site})": "需 {far:,.0f} 秒（{point} 至 {site}）",
        "farther than was looked, {far:,.0f} m apart in a straight line ({point} to {site})": (
            "超出查找范围，直线相距 {far:,.0f} 米（{point} 至 {site}）"
        ),
        (
            "{count} of {all} sites serves nobody: open in no whole period, or without a service that is asked for: "
            "{names}"
        ): "{all} 个站点中有 {count} 个不服务任何人（没有一个时段全程开放，或不提供所需服务）：{names}",
        (
            "{count} of {all} sites serve nobody: open in no whole period, or without a service that is asked for: "
            "{names}"
        ): "{all} 个站点中有 {count} 个不服务任何人（没有一个时段全程开放，或不提供所需服务）：{names}",
        "{count} of {all} sites has no demand within the standard: {names}": (
            "{all} 个站点中有 {count} 个在标准范围内没有需求：{names}"
        ),
        "{count} of {all} sites have no demand within the standard: {names}": (
            "{all} 个站点中有 {count} 个在标准范围内没有需求：{names}"
        ),
    }
)

"""Sentences of answers to questions about a plan, in Chinese by the English sentence."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        # What else would do.
        "of plans worth at least {share:.2%} of this one:": "在价值不低于本方案 {share:.2%} 的方案中：",
        "firm": "确定",
        "exchangeable": "可替换",
        "likely": "较可能",
        "open": "未定",
        "{verdict}: {count:,} of {all:,} sites: {names}": "{verdict}：{all:,} 个点位中的 {count:,} 个：{names}",
        "{site}: {partners} would do, {less:,.0f} visits a month less": (
            "{site}：可由 {partners} 代替，每月少 {less:,.0f} 次"
        ),
        "plan {number}: {less:,.0f} visits a month less ({share:.2%}; {proven}): with {comes}, without {goes}": (
            "方案 {number}：每月少 {less:,.0f} 次（{share:.2%}；{proven}）：增加 {comes}，去掉 {goes}"
        ),
        "at least {least:,.0f} proven": "已证明至少少 {least:,.0f} 次",
        "not proven to be the best": "未证明为最优",
        "nothing": "无",
        "{count:,} other plans: no further one was found in time": "另有 {count:,} 个方案：时限内未找到更多",
        "{count:,} other plans: no further one keeps all limits and differs so much": (
            "另有 {count:,} 个方案：没有更多方案既满足全部限制又有如此差异"
        ),
        "{count:,} sites could not be settled: {names}": "{count:,} 个点位未能判定：{names}",
        # What money buys.
        "{against} {limit}: {coverage:.1%} covered, {stations:,} stations, worth {worth:,.0f}, no plan above "
        "{bound:,.0f} (gap {gap:.2%})": (
            "{against} {limit}：覆盖率 {coverage:.1%}，{stations:,} 个站点，价值 {worth:,.0f}，没有方案高于 "
            "{bound:,.0f}（差距 {gap:.2%}）"
        ),
        "{says}; the next {step:,g} {unit} buy {more:,.0f} visits a month": (
            "{says}；再增加 {step:,g} {unit}，每月多 {more:,.0f} 次"
        ),
        "{says}; {names} bind": "{says}；起约束作用的是 {names}",
        "from {limit} on more buys less": "自 {limit} 起，增加的投入收效递减",
        "{against} {limit:g}: no plan was found in time": "{against} {limit:g}：时限内未找到方案",
        "{against} {limit:g}: no plan keeps all limits": "{against} {limit:g}：没有方案满足全部限制",
        "capital": "一次性资金",
        "running": "年度运行费",
        "total": "总费用",
        "yuan": "元",
        "yuan a year": "元/年",
        "share": "比例",
        "{amount} {unit}": "{amount} {unit}",
        # How it stands up.
        "in {draws:,} draws the plan covers {low:.1%} to {high:.1%} (5 to 95 %), keeps all floors in "
        "{kept:.0%} of them, and loses {mean:.2%} on average and {most:.2%} at most against a plan made for "
        "the draw": (
            "在 {draws:,} 次抽样中，本方案的覆盖率为 {low:.1%} 至 {high:.1%}（5%—95%），其中 {kept:.0%} "
            "满足全部下限；与为每次抽样单独制定的方案相比，平均损失 {mean:.2%}，最多 {most:.2%}"
        ),
        "{site} {action}: in {count:,} of {draws:,} plans": "{site} {action}：{draws:,} 个方案中的 {count:,} 个",
        "{site}: not in this plan, a station in {count:,} of {draws:,} plans": (
            "{site}：不在本方案中，{draws:,} 个方案中有 {count:,} 个在此设站"
        ),
        "{says}; refused, {least:,.0f} to {most:,.0f} visits a month are lost": (
            "{says}；若不采用，每月损失 {least:,.0f} 至 {most:,.0f} 次"
        ),
        "{says}; next best {site}, {less:,.0f} less": "{says}；次优点位 {site}，少 {less:,.0f} 次",
        "worst regret: {says}": "最大遗憾：{says}",
        "mean of the worst fifth: {says}": "最差五分之一的均值：{says}",
        "{value:,.0f} visits a month at best known, {own:,.0f} of this plan": (
            "已知最好为每月 {value:,.0f} 次，本方案为 {own:,.0f} 次"
        ),
        "{says}, no plan has more than {bound:,.0f}": "{says}，没有方案多于 {bound:,.0f} 次",
        "{says}, no plan has less than {bound:,.0f}": "{says}，没有方案少于 {bound:,.0f} 次",
        "{count:,} draws were not planned for in time": "{count:,} 次抽样未在时限内完成规划",
        "in {count:,} draws no plan keeps all limits": "{count:,} 次抽样中没有方案满足全部限制",
        # Who gains and who loses.
        "{group}: {gains:,.0f} visits a month come within reach, {loses:,.0f} get out of it ({net:+,.0f}); "
        "{gain:,.0f} people gain, {lose:,.0f} lose": (
            "{group}：每月 {gains:,.0f} 次进入覆盖范围，{loses:,.0f} 次离开（{net:+,.0f}）；{gain:,.0f} 人受益，"
            "{lose:,.0f} 人受损"
        ),
        "{group}: {gains:,.0f} come within reach, {loses:,.0f} get out": (
            "{group}：{gains:,.0f} 次进入覆盖范围，{loses:,.0f} 次离开"
        ),
        "{minutes} min: {first:,.0f} -> {second:,.0f} visits a month": (
            "{minutes} 分钟：每月 {first:,.0f} → {second:,.0f} 次"
        ),
        "hit hardest: {site} ({district}): {loses:,.1f} visits a month, {first} -> {second} minutes": (
            "受损最重：{site}（{district}）：每月 {loses:,.1f} 次，{first} → {second} 分钟"
        ),
        "beyond": "范围之外",
        # Why each action.
        "keep": "保留",
        "move": "迁移",
        "close": "撤并",
        "give": "迁出",
        "{site}: {says}": "{site}：{says}",
        "{says} {more}": "{says}{more}",
        "closes: saves {running:,.0f} yuan a year, costs {once:,.0f} once;": (
            "撤并：每年节省 {running:,.0f} 元，一次性花费 {once:,.0f} 元；"
        ),
        "moves here from {origin}": "由 {origin} 迁至此处",
        "opens": "新增",
        "stays": "保留",
        "{says} for {once:,.0f} yuan": "{says}，花费 {once:,.0f} 元",
        "{says}: {people:,.0f} people have no other station in reach in some period": (
            "{says}：{people:,.0f} 人在某些时段没有其他可达站点"
        ),
        "({visits:,.0f} visits a month);": "（每月 {visits:,.0f} 次）；",
        "nobody loses reach by it;": "没有人因此失去覆盖；",
        "{people:,.0f} people lose reach in some period": "{people:,.0f} 人在某些时段失去覆盖",
        "{says}, most walk to {site}, {minutes:.0f} minutes on average": (
            "{says}，多数改去 {site}，平均步行 {minutes:.0f} 分钟"
        ),
        "{says}, for {people:,.0f} of them no station is as near as times are known": (
            "{says}，其中 {people:,.0f} 人在已知时间范围内没有站点"
        ),
        "{says};": "{says}；",
        "next best {site}, {less:,.0f} visits a month less;": "次优点位 {site}，每月少 {less:,.0f} 次；",
        "without it the best plan is worth {span} less": "若不采用，最优方案的价值少 {span}",
        "{least:,.0f} to {most:,.0f}": "{least:,.0f} 至 {most:,.0f}",
        "{site}: its status is {status}": "{site}：其状态为 {status}",
        "{site}: its action is fixed to {action}": "{site}：其处置已定为 {action}",
        "{site}: no plan without this action keeps all limits": "{site}：不作此处置则没有方案满足全部限制",
        "{site}: no plan without this action was found in time": "{site}：时限内未找到不作此处置的方案",
    }
)

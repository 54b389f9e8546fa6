"""What is said of the stations of today's network, in Chinese: a part of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NETWORK: Mapping[str, str] = MappingProxyType(
    {
        "close it, which saves {saved:,.0f} yuan a year: {share:.0%} of those within reach have another station": (
            "建议撤销，每年节省 {saved:,.0f} 元：服务范围内 {share:.0%} 的需求另有站点可用"
        ),
        "move it to {to}, which brings {gain:,.0f} visits a month more within reach; "
        "{share:.0%} of those within reach today have another station": (
            "建议迁至 {to}，服务范围内每月增加 {gain:,.0f} 人次；现有范围内 {share:.0%} 的需求另有站点可用"
        ),
        "tell people about it: {expected:,.0f} visits a month could be expected, it sees {visits:,.0f}": (
            "建议加强宣传：每月可预期 {expected:,.0f} 人次，实际 {visits:,.0f} 人次"
        ),
        "ask why nobody comes: {expected:,.0f} visits a month could be expected, it sees {visits:,.0f}, "
        "and nowhere else would it reach more": (
            "建议查明原因：每月可预期 {expected:,.0f} 人次，实际 {visits:,.0f} 人次，迁往别处也不会覆盖更多"
        ),
        "add a machine: it sees {visits:,.0f} visits a month, {expected:,.0f} could be expected": (
            "建议增设一台设备：每月 {visits:,.0f} 人次，可预期 {expected:,.0f} 人次"
        ),
        "add a machine: it uses {full:.0%} of what its machines can take": (
            "建议增设一台设备：已用设备能力的 {full:.0%}"
        ),
        "mend it: {months} months far below its own level cost some {lost:,.0f} visits": (
            "建议检修：{months} 个月远低于自身水平，约损失 {lost:,.0f} 人次"
        ),
        "its place is poor, not the station: it sees {visits:,.0f} visits a month, {expected:,.0f} could be "
        "expected; at {to} it would bring {gain:,.0f} visits a month more within reach": (
            "问题在位置而不在站点：每月 {visits:,.0f} 人次，可预期 {expected:,.0f} 人次；"
            "迁至 {to}，服务范围内每月可增加 {gain:,.0f} 人次"
        ),
        "leave it alone": "维持现状",
        "wait: a verdict needs {mature} months after its first {first}": (
            "请等待：开业 {first} 个月之后还需 {mature} 个月的记录才能判断"
        ),
        "no verdict: nothing is known of what it should see, or too little is on record": (
            "无法判断：不知其应有的使用量，或记录太少"
        ),
        "the log has {months} months, {least} are needed for verdicts": (
            "记录只有 {months} 个月，判断至少需要 {least} 个月"
        ),
        "fewer than {least} stations can be compared: no verdicts": "可比较的站点不足 {least} 个：不作判断",
        "predictions are off by a factor of {factor:.2f}: only the clearest cases are called overloaded": (
            "预测误差约为 {factor:.2f} 倍：只有最明显的才判为超负荷"
        ),
        "{count} stations have no transactions on record, {first} first": "{count} 个站点没有使用记录，首个为 {first}",
    }
)

"""A plan's headline in sentences: reach and predicted visits before and after, idle stations, and what a gain costs.

Command, report and ``plan.json`` say it in the same words and figures.
"""

from __future__ import annotations

from collections.abc import Mapping

from placement.report.phases import phases_objective, phases_say
from placement.report.text import word
from placement.values import Plan
from placement.values.outreach import Outreach
from placement.values.use_cost import CONSUMABLES, MUCH
from placement.values.visits import VisitsChange

Text = Mapping[str, str]


def percent(share: float) -> str:
    """Return a share as per cent with one decimal.

    Examples
    --------
    >>> percent(0.61234), percent(0)
    ('61.2%', '0.0%')
    """
    return f"{100 * share:.1f}%"


def signed(value: float, form: str = ",.0f") -> str:
    """Return a number with its sign, nothing before a zero.

    Examples
    --------
    >>> signed(1234.4), signed(-0.2), signed(-5)
    ('+1,234', '0', '−5')
    """
    text = f"{value:+{form}}"
    bare = text.lstrip("+-")
    return bare if not bare.strip("0.,%") else text.replace("-", "−")


def headline(plan: Plan, standard: str, text: Text) -> str:
    """Return the first sentence: reach and predicted visits, before and after; `standard` as the report words it."""
    before, after = plan.before.total.share, plan.after.total.share
    key = "says.coverage" if after >= before else "says.coverage.falls"
    visits = "" if plan.visits is None else _visits(plan.visits, text)
    return text[key].format(standard=standard, before=percent(before), after=percent(after), visits=visits)


def warnings_of(plan: Plan, text: Text) -> list[str]:
    """Return a sentence where reach and visits go opposite ways."""
    gains = plan.gains
    lost = {"visits": gains.visits or 0.0, "reach": gains.reach}
    key = f"warning.{gains.falls}"
    if gains.falls == "visits" and (plan.least_cost or plan.phased is not None):
        key = "cost.warning" if plan.least_cost else "warning.visits.phases"
    fall = [text[key].format(count=f"{-lost[gains.falls]:,.0f}")] if gains.falls else []
    return [*fall, *_consumables(plan, text)]


def _consumables(plan: Plan, text: Text) -> list[str]:
    """Return a sentence where the least cost is sought, and consumables, which it does not count, are much of it."""
    amounts = {line.name: line.amount_fen for line in plan.budget_lines}
    used, running = amounts.get(CONSUMABLES, 0), amounts.get("running", 0)
    if not plan.least_cost or used <= MUCH * running:
        return []
    return [text["cost.consumables"].format(share=percent(used / running) if running else "—")]


def worth(plan: Plan, text: Text) -> list[str]:
    """Return the sentences on reserves, stations that few people use, what each gain costs, unsure floors."""
    idle = [] if plan.visits is None else [_idle(plan.visits, text)]
    says = [*phases_say(plan, text), *_reserve(plan, text), *outreach(plan, text), *_capacity(plan, text)]
    return [*says, *idle, *_cost(plan, text), *unsure(plan, text)]


def outreach(plan: Plan, text: Text) -> list[str]:
    """Return the sentences on publicity and guides, and on what the same money buys in stations alone."""
    value = plan.outreach
    if value is None:
        return []
    said = [] if not value.areas else [_publicity(value, text)]
    if any(line.name == "guides" for line in plan.budget_lines):
        said.append(_guides(value, text))
    more = plan.objective - value.covered
    said.append(text["outreach.sum"].format(covered=f"{value.covered:,.0f}", more=f"{more:,.0f}"))
    if value.alone is not None:
        amounts = {"alone": value.alone.objective, "most": value.alone.bound}
        words = {name: f"{amount:,.0f}" for name, amount in amounts.items()}
        said.append(text["outreach.alone"].format(**words, less=f"{plan.objective - value.alone.objective:,.0f}"))
    return said


def _publicity(value: Outreach, text: Text) -> str:
    bought = [each for each in value.areas if each.spend_fen]
    if not bought:
        return text["outreach.no_publicity"]
    areas = [
        text["outreach.package" if each.package else "outreach.area"].format(
            area=each.area, package=each.package, yuan=_yuan(each.spend_fen), before=percent(each.before),
            after=percent(each.after),
        )
        for each in bought
    ]  # fmt: skip
    use = sum(each.use for each in bought)
    words = {"people": f"{value.informed:,.0f}", "use": f"{use:,.0f}", "areas": text["comma"].join(areas)}
    return text["outreach.publicity"].format(yuan=_yuan(value.spend_fen), **words)


def _guides(value: Outreach, text: Text) -> str:
    if not value.guides:
        return text["outreach.no_guides"]
    sites = text["comma"].join(each.site_id for each in value.guides)
    words = {"people": f"{value.helped:,.0f}", "use": f"{value.guided:,.0f}", "sites": sites}
    return text["outreach.guides"].format(count=len(value.guides), yuan=_yuan(value.pay_fen), **words)


def _yuan(fen: int) -> str:
    return f"{fen / 100:,.2f}"


def unsure(plan: Plan, text: Text) -> list[str]:
    """Return a sentence on the floors that a plan keeps by the estimate and not in nearly all draws of the demand."""
    some = [each for each in plan.floors if not each.sure]
    if not some:
        return []
    names = text["comma"].join(
        text["floors.unsure.one"].format(
            name=word(text, each.name), floor=percent(each.floor), reached=percent(each.reached),
            kept=f"{each.kept:.0%}",
        )
        for each in some
    )  # fmt: skip
    return [text["floors.unsure"].format(floors=names, draws=some[0].draws)]


def sought(plan: Plan, text: Text) -> str:
    """Return what the objective is made of where it counts visits, and what its bound says of each; else nothing."""
    if plan.least_cost:
        return text["cost.sought"].format(cost=f"{plan.objective:,.2f}", least=f"{plan.bound:,.2f}")
    value = plan.valued
    if value is None or value.most_visits is None:
        return ""
    most = f"{value.most_visits:,.0f}"
    if value.alone:
        return text["worth.alone"].format(visits_most=most)
    demand = plan.after.total.all or 1.0
    shares = {"share": value.covered / demand, "share_most": (value.most_covered or 0.0) / demand}
    return text["worth.mixed"].format(
        weight=f"{float(value.weight):g}",
        covered=f"{value.covered:,.0f}",
        visits=f"{value.visits:,.0f}",
        visits_most=most,
        **{name: percent(share) for name, share in shares.items()},
    )


def objective_label(plan: Plan, text: Text) -> str:
    """Return what the value of a plan and its bound count."""
    if plan.least_cost:
        return text["cost.objective"]
    value = plan.valued
    if plan.phased is not None:
        return phases_objective(plan, text)
    if value is None or value.most_visits is None:
        if plan.outreach is not None:
            return text["outreach.objective"]
        return text["proof.objective" if plan.reserve is None else "reserve.objective"]
    return text["worth.objective.alone" if value.alone else "worth.objective"].format(weight=f"{float(value.weight):g}")


def _reserve(plan: Plan, text: Text) -> list[str]:
    value, demand = plan.reserve, plan.after.total.all or 1.0
    if value is None:
        return []
    words = {
        "before": percent(value.before.second / demand),
        "after": percent(value.after.second / demand),
        "share": percent(float(value.backup_share)),
        "outage": percent(float(value.outage_probability)),
        "counted_before": f"{value.before.counted:,.0f}",
        "counted": f"{value.after.counted:,.0f}",
    }
    asked = {"backup": value.backup_share, "outage": value.outage_probability}
    keys = {"backup": "reserve.backup", "outage": f"reserve.outage{'' if plan.machines is None else '.machines'}"}
    return [text[keys[name]].format(**words) for name, share in asked.items() if share]


def _capacity(plan: Plan, text: Text) -> list[str]:
    value = plan.capacity
    if value is None:
        return []
    words: dict[str, str] = {"each": f"{value.visits_machine_month:,}"}
    for when, of in (("before", value.before), ("after", value.after)):
        for name in ("served", "no_capacity", "out_of_reach", "could_be_served"):
            words[f"{name}_{when}"] = f"{getattr(of, name):,.0f}"
        words |= {f"share_{when}": percent(of.served / (of.all or 1.0)), f"overloaded_{when}": f"{of.overloaded:,}"}
    return [text["capacity.says"].format(**words), text["capacity.best"].format(**words)]


def _visits(visits: VisitsChange, text: Text) -> str:
    gained = round(visits.after) - round(visits.before)
    change = signed(visits.change)
    if visits.before:
        change += f", {signed(100 * visits.change / visits.before, '.1f')}%"
    if visits.change_interval is not None:
        low, high = map(signed, visits.change_interval)
        change = text["says.visits.between"].format(change=change, low=low, high=high)
    key = "rise" if gained > 0 else "fall" if gained < 0 else "same"
    amounts = {"before": f"{visits.before:,.0f}", "after": f"{visits.after:,.0f}"}
    return text[f"says.visits.{key}"].format(**amounts, change=change)


def _idle(visits: VisitsChange, text: Text) -> str:
    standing = visits.stations[["before", "after"]].notna().sum()
    return text["says.visits.idle"].format(
        below=f"{visits.idle_below:,}", before=visits.idle_before, after=visits.idle_after, new=visits.idle_new,
        all_before=standing["before"], all_after=standing["after"],
    )  # fmt: skip


def _cost(plan: Plan, text: Text) -> list[str]:
    gains = plan.gains
    if not gains.capital_fen:
        return []
    parts = []
    for period, gained in gains.people.items():
        when = "" if period == "all" else text["says.cost.when"].format(period=word(text, period))
        each = gains.yuan_each(gained)
        key = "says.cost.nobody" if each is None else "says.cost.person"
        parts.append(text[key].format(yuan=f"{each:,.2f}" if each is not None else "", when=when))
    if gains.visits is not None:
        each = gains.yuan_each(gains.visits)
        key = "says.cost.no_visit" if each is None else "says.cost.visit"
        parts.append(text[key].format(yuan=f"{each:,.2f}" if each is not None else ""))
    return [text["says.cost"].format(parts=text["comma"].join(parts))] if parts else []

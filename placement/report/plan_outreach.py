"""What ``plan.json`` says of publicity and guides."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from placement.report.parts import Amount, Id, Part, Quantity, rounded
from placement.report.plan_money import fen, yuan
from placement.values.outreach import Alone, AreaSpend, Guide, Outreach


class AreaPart(Part):
    """Publicity in one area."""

    area: Id
    package: str = Field(description="What is bought as a whole; empty where it is an amount, or nothing.")
    spend: Amount = Field(description="Yuan a year.")
    awareness_before: float = Field(ge=0, le=1, description="Share of the residents who know the service today.")
    awareness_after: float = Field(ge=0, le=1, description="Then.")
    people: Quantity = Field(description="Residents within reach of a station who learn of it.")
    use: Quantity = Field(description="Expected use that they add within reach, visits a month.")
    worth: Quantity = Field(description="What the objective counts for it, visits a month.")


class GuidePart(Part):
    """A guide at one station."""

    site_id: Id
    pay: Amount = Field(description="Yuan a year.")
    people: Quantity = Field(description="Residents of the age group within reach of this station.")
    use: Quantity = Field(
        description="Expected use that the guide adds there at today's awareness, visits a month; those counted too "
        "who have another guide within reach."
    )


class AlonePart(Part):
    """The same money in stations alone: the best plan found without publicity and guides, and its bound."""

    objective: Quantity
    bound: Quantity
    open: list[Id]


class OutreachPart(Part):
    """Publicity and guides. Coverage and floors are counted without them, at today's awareness and uptake."""

    areas: list[AreaPart] = Field(description="Every area in which publicity is possible, by name.")
    guides: list[GuidePart]
    helped: Quantity = Field(description="Residents of the age group within reach of a guided station, each once.")
    guided: Quantity = Field(description="Expected use that guides add at today's awareness, visits a month.")
    covered: Quantity = Field(description="What the objective counts of coverage without both, visits a month.")
    alone: AlonePart | None = Field(description="null where it is not known.")


def outreach_to_dict(value: Outreach) -> dict[str, Any]:
    """Return publicity and guides as the file has them."""
    alone = value.alone
    return {
        "areas": [
            {
                "area": each.area,
                "package": each.package,
                "spend": yuan(each.spend_fen),
                "awareness_before": rounded(each.before),
                "awareness_after": rounded(each.after),
                "people": rounded(each.people),
                "use": rounded(each.use),
                "worth": rounded(each.worth),
            }
            for each in value.areas
        ],
        "guides": [
            {
                "site_id": each.site_id,
                "pay": yuan(each.pay_fen),
                "people": rounded(each.people),
                "use": rounded(each.use),
            }
            for each in value.guides
        ],
        "helped": rounded(value.helped),
        "guided": rounded(value.guided),
        "covered": rounded(value.covered),
        "alone": None
        if alone is None
        else {"objective": rounded(alone.objective), "bound": rounded(alone.bound), "open": list(alone.open)},
    }


def outreach_from_part(part: OutreachPart, table: str) -> Outreach:
    """Return publicity and guides from a file.

    Raises
    ------
    PlanFormatError
        If an amount has more than two decimals; `table` is the file that it stands in.
    """
    alone = part.alone
    return Outreach(
        areas=tuple(
            AreaSpend(
                area=each.area,
                package=each.package,
                spend_fen=fen(table, f"outreach.areas.{each.area}.spend", each.spend),
                before=each.awareness_before,
                after=each.awareness_after,
                people=each.people,
                use=each.use,
                worth=each.worth,
            )
            for each in part.areas
        ),
        guides=tuple(
            Guide(
                site_id=each.site_id,
                pay_fen=fen(table, f"outreach.guides.{each.site_id}.pay", each.pay),
                people=each.people,
                use=each.use,
            )
            for each in part.guides
        ),
        helped=part.helped,
        guided=part.guided,
        covered=part.covered,
        alone=None if alone is None else Alone(objective=alone.objective, bound=alone.bound, open=tuple(alone.open)),
    )

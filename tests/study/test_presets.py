"""Presets set what can be set by hand, and nothing else."""

import pytest

from placement.economics import Policy
from placement.errors import InputError
from placement.study import overrides_of, read_study


def limits(study):
    policy = study.policy
    return policy.max_moves, policy.max_opens, policy.max_closes


@pytest.mark.parametrize(
    ("preset", "wanted", "says"),
    [
        ("expansion", (0, None, 0), "max_moves = 0, max_closes = 0"),
        ("relocation", (None, 0, 0), "max_opens = 0, max_closes = 0"),
        ("free", (None, None, None), "nothing"),
    ],
)
def test_a_preset_is_the_same_as_its_limits_by_hand(spoiled, preset, wanted, says):
    spoiled.setting("max_moves = 3\n", f'preset = "{preset}"\n')
    study = read_study(spoiled.folder)
    assert limits(study) == wanted
    assert f'study.toml: policy.preset = "{preset}" sets {says}' in study.notes
    assert overrides_of(study) == ()
    names = ("max_moves", "max_opens", "max_closes")
    by_hand = {name: value for name, value in zip(names, wanted, strict=True) if value is not None}
    assert Policy.from_preset(preset, max_stations=4) == Policy(max_stations=4, **by_hand)


def test_a_limit_that_contradicts_the_preset_is_refused(spoiled):
    spoiled.setting("max_moves = 3\n", 'max_moves = 3\npreset = "expansion"\n')
    with pytest.raises(InputError) as caught:
        read_study(spoiled.folder)
    assert [str(fault) for fault in caught.value.faults] == [
        'study.toml [policy.max_moves]: is 3, and preset = "expansion" sets it to 0 -> remove it, or the preset'
    ]
    with pytest.raises(InputError, match=r"max_moves is 3, and the preset expansion sets it to 0"):
        Policy.from_preset("expansion", max_moves=3)


def test_the_same_limit_beside_the_preset_is_no_contradiction(spoiled):
    spoiled.setting("max_moves = 3\n", 'max_moves = 0\npreset = "expansion"\n')
    assert limits(read_study(spoiled.folder)) == (0, None, 0)


def test_a_preset_that_there_is_not_is_refused_with_the_list(spoiled):
    spoiled.setting("max_moves = 3\n", 'preset = "shrink"\n')
    with pytest.raises(InputError, match=r"policy.preset.*'free', 'expansion', 'relocation' or 'reduction'"):
        read_study(spoiled.folder)
    with pytest.raises(InputError, match="shrink"):
        Policy.from_preset("shrink")


def test_another_preset_takes_the_place_of_the_first_with_all_its_limits(spoiled):
    spoiled.setting("max_moves = 3\n", 'preset = "expansion"\n')
    study = read_study(spoiled.folder)
    other = study.with_settings({"policy.preset": "relocation"})
    assert limits(other) == (None, 0, 0)
    used = {each.key: each.used for each in overrides_of(other)}
    assert used == {"policy.preset": "relocation", "policy.max_moves": None, "policy.max_opens": 0}
    assert limits(study.with_settings(used)) == (None, 0, 0)
    assert limits(study.with_settings({"policy.max_moves": 2})) == (2, None, 0)

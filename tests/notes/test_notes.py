"""Notes know themselves in two languages: every sentence of the package is in the catalogue, with the same fields."""

import ast
import copy
import pickle
import re
import string
from pathlib import Path

import pytest
from click.testing import CliRunner

import placement
from placement.cli import main
from placement.notes import Names, Note, about, counted, in_language, together
from placement.notes.chinese import CHINESE
from placement.pipeline.study_case import prepare
from placement.study import read_study
from placement.study.effects import _without_effect
from tests.conftest import REPOSITORY

ROOT = Path(placement.__file__).parent
FIELD = re.compile(r"\{\w+[^{}]*\}")


def sentences():
    """Return every sentence that the package makes notes of: what has fields, or is given to Note, by its file."""
    found: dict[str, Path] = {}
    for file in sorted(ROOT.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if "from placement.notes import" not in text or file.parent.name == "notes":
            continue
        tree = ast.parse(text)
        nodes = list(ast.walk(tree))
        formatted = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
        told = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # docstrings
        for node in nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Note":
                given = node.args[0]
                if isinstance(given, ast.Constant) and isinstance(given.value, str) and given.value:
                    found[given.value] = file
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in formatted | told:
                found |= {sentence: file for sentence in [node.value] if FIELD.search(sentence)}
    return {sentence: file for sentence, file in found.items() if "[0-9]" not in sentence}


def fields(text):
    """Return the fields of a sentence with how they are written."""
    return sorted((name, form, how) for _, name, form, how in string.Formatter().parse(text) if name is not None)


def test_every_sentence_is_in_the_catalogue():
    missing = {sentence: str(file) for sentence, file in sentences().items() if sentence not in CHINESE}
    assert missing == {}
    assert len(sentences()) > 90


def test_why_a_setting_has_no_effect_can_be_said_in_chinese(spoiled):
    study = read_study(spoiled.folder)
    assert {why for _, why in _without_effect(study)} <= set(CHINESE)


def test_both_languages_have_the_same_fields():
    for english, chinese in CHINESE.items():
        assert fields(english) == fields(chinese), english
        assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese) or not re.search(
            r"[A-Za-z]{3}", FIELD.sub("", english)
        )


def test_a_note_is_text_and_says_itself_in_chinese_with_all_that_it_holds():
    names = Names(["F1 (55%)", Note("{point} to {site}", point="D1", site="S1"), "F3"], 2)
    form = "counters less than {metres:g} m apart see the same people and count in part: {names}"
    note = about("footfall", Note(form, metres=100.0, names=names), simulated=True)
    assert note == (
        "SIMULATED footfall: counters less than 100 m apart see the same people and count in part: "
        "F1 (55%), D1 to S1, ... (3 in all)"
    )
    chinese = "模拟数据 人流量：相距不足 100 米的计数点所见为同一批人，只部分计入：F1 (55%)、D1 至 S1 等 3 个"
    for each in (note, copy.deepcopy(note), pickle.loads(pickle.dumps(note))):
        assert (str(each), in_language(each, "zh"), in_language(each, "en")) == (str(note), chinese, str(note))
    assert in_language("plain", "zh") == "plain"
    assert in_language(Note("nobody knows this {one}", one=1), "zh") == "nobody knows this 1"
    assert in_language(Note("{braces}"), "zh") == "{braces}"


def test_one_and_many_and_clauses():
    forms = "{count:,} site ({names})", "{count:,} sites ({names})"
    assert [counted(count, *forms, names="S") for count in (1, 2)] == ["1 site (S)", "2 sites (S)"]
    assert together([Note("no district"), "b", "c"]) == "no district; b; c"
    assert in_language(together([Note("no district"), "b"]), "zh") == "无区域；b"


def test_a_chinese_report_has_no_english_note(tmp_path, spoiled):
    """Of the toy study, spoiled so that it has notes on tables, settings, streets and limits."""
    survey = spoiled.frame("survey")
    survey["mood"] = "good"
    spoiled.write("survey", survey)
    spoiled.setting("[study]\n", '[study]\nlanguage = "zh"\n')
    spoiled.setting("max_moves = 3\n", "max_moves = 0\nidle_below = 60\n")
    case = prepare(read_study(spoiled.folder))
    assert len(case.notes) >= 3
    assert CliRunner().invoke(main, ["recommend", str(spoiled.folder), "--out", str(tmp_path / "out")]).exit_code == 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    shown = page.partition("输入说明")[2].partition("</ul>")[0]
    assert shown.count("<li>") == len(case.notes)
    for sentence in re.findall("<li>(.*?)</li>", shown):
        assert not re.search(r"\b(the|of|is|are|not|no)\b", sentence), sentence
    assert CliRunner().invoke(main, ["verify", str(tmp_path / "out")]).exit_code == 0


def test_a_study_keeps_what_was_rewritten_as_notes(spoiled):
    spoiled.setting("[costs.bank]", '["costs"."bank\u200b"]')
    spoiled.setting("[policy.floors]\n", '[policy.floors]\n"elderly\u200b" = 0.1\n#')
    remarks = read_study(spoiled.folder).remarks
    assert remarks
    assert all("读作" in in_language(each, "zh") for each in remarks)


@pytest.mark.parametrize("study", ["hankou", "sf"])
def test_the_shipped_studies_notes_are_all_chinese_to_a_chinese_reader(study):
    for note in prepare(read_study(REPOSITORY / "data" / study)).notes:
        said = in_language(note, "zh")
        assert re.search("[\u4e00-\u9fff]", said), said
        assert not re.search(r"\b(the|of|is|are|not|no|and)\b", said), said

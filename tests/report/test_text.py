import string

import pytest

from placement.errors import InputError
from placement.report.text import CATALOGUE, LANGUAGES, texts, word


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_every_key_and_the_same_fields():
    assert set(texts("en")) == set(texts("zh")) == set(CATALOGUE)
    for key, pair in CATALOGUE.items():
        assert len(pair) == len(LANGUAGES)
        assert all(pair), key
        assert fields(pair[0]) == fields(pair[1]), key


def test_chinese_is_chinese_and_english_is_not():
    def has_han(text):
        return any("\u4e00" <= sign <= "\u9fff" for sign in text)

    same = {"phases.one", "points", "column.sha256", "colon", "comma", "figure.persons", "says.cost.when"}
    for key, (english, chinese) in CATALOGUE.items():
        assert not has_han(english), key
        assert has_han(chinese) or key in same, key


def test_the_fields_own_words_are_used():
    text = texts("zh")
    assert (text["action.keep"], text["action.move"], text["action.close"], text["action.open"]) == (
        "保留",
        "迁移",
        "撤并",
        "新增",
    )
    assert "知晓率" in text["term.use.means"]
    assert "使用率" in text["term.use.means"]
    assert text["coverage"] == "覆盖率"
    assert text["word.candidates"] == "候选点"
    assert text["map.all"] == "需求点"


def test_words_of_a_study_that_the_catalogue_does_not_know_stay():
    assert word(texts("en"), "{teahouse}") == "{teahouse}"


def test_an_unknown_language_is_bad_input():
    with pytest.raises(InputError, match="language 'fr' is unknown"):
        texts("fr")

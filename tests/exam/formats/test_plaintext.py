import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.formats.plaintext import plain_text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>Раз</p><p>Два</p>", "Раз\nДва"),
        ("Раз<br/>два\nтри", "Раз\nдва три"),
        ("<ul><li>а</li><li>б</li></ul>", "а\n\nб"),
        ("<pre>\n  а\n\n  б\n</pre>", "а\n\n  б"),
        ("м<sup>2</sup>, H<sub>2</sub>O, e<sup>ix</sup>", "м², H₂O, e^(ix)"),
        ("<img src='x' alt='Схема шва'> и <img src=x>", "[рисунок: Схема шва] и [рисунок]"),
        ("<script>alert(1)</script>Шов<style>p{}</style>", "Шов"),
        ("<SCRIPT>alert(1)</sCript >Шов", "Шов"),
        ("<script>не закрыт", "не закрыт"),
        ("&lt;b&gt; &amp;amp; &#1064; &nbsp;&#0; &#xD800; &unknown;", "<b> &amp; Ш  � � &unknown;"),
        ("&" + "#" + "9" * 5000 + ";", "&" + "#" + "9" * 5000 + ";"),
        ("<!-- скрыто -->Шов", "Шов"),
        ("<!-- не закрыто", "<!-- не закрыто"),
        ("a < b > c, List<Integer>, <неизвестно>", "a < b > c, List<Integer>, <неизвестно>"),
        ("<b не закрыт", "<b не закрыт"),
        ("<a href='javascript:alert(1)' onclick=\"x\">Шов</a>", "Шов"),
        ("а\u200b\u202eб\x07", "аб"),
    ],
)
def test_html(source, text):
    assert plain_text(source, "html") == text


def test_moodle_keeps_newlines_and_markdown_loses_its_bold():
    assert plain_text("Раз\n<b>два</b>", "moodle") == "Раз\nдва"
    assert plain_text("**Раз** * два ** __init__", "markdown") == "Раз * два ** __init__"
    assert plain_text(" <b>Раз</b> \n\n\n\n два", "plain") == "<b>Раз</b>\n\n два"


@given(st.text(alphabet=st.sampled_from("<>/!-&#;abpre=\"' \n"), max_size=200))
def test_tidying_a_plain_text_again_changes_nothing(source):
    once = plain_text(source, "html")
    assert plain_text(once, "plain") == once

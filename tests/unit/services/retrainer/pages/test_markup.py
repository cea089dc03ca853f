from services.retrainer.pages.markup import explained, table


def test_the_first_columns_are_words_and_what_is_not_markup_is_escaped():
    made = table(["name", "kind", "n"], [["<b>", explained("a & b", "both"), "1"]], words=2)
    assert '<td class="words">&lt;b&gt;</td><td class="words">a &amp; b <small>both</small></td><td>1</td>' in made
    assert '<th class="words">kind</th><th>n</th>' in made

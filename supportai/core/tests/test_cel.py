"""The expressions of procedures: what they can do, and that they can do nothing else."""

from datetime import timedelta

import pytest

from supportai.core import cel, clock

CHARGES = [
    {"id": "ch_1", "amount_cents": 4900, "currency": "usd", "created": "2026-11-03T10:00:00+00:00"},
    {"id": "ch_2", "amount_cents": 4900, "currency": "usd", "created": "2026-11-03T10:02:00+00:00"},
    {"id": "ch_3", "amount_cents": 900, "currency": "usd", "created": "2026-10-03T10:00:00+00:00"},
]


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (4900, "usd", "$49.00"),
        (4900, "USD", "$49.00"),
        (0, "eur", "€0.00"),
        (5, "gbp", "£0.05"),
        (123456789, "eur", "€1,234,567.89"),
        (5400, "jpy", "¥5,400"),
        (5400, "krw", "5,400 KRW"),
        (4900, "chf", "49.00 CHF"),
    ],
)
def test_money_is_written_as_the_currency_is(amount, currency, text):
    assert cel.money(amount, currency) == text


def test_a_date_names_the_year_only_when_it_is_another():
    this_year = clock.now().replace(month=3, day=9)
    assert cel.day(this_year) == "9 March"
    assert cel.day("2019-11-03T10:00:00+00:00") == "3 November 2019"


def test_days_between_has_no_sign():
    first, second = "2026-11-03T00:00:00+00:00", "2026-11-01T12:00:00+00:00"
    assert cel.days_between(first, second) == cel.days_between(second, first) == 1.5


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("size(charges)", 3),
        ("charges[0].id", "ch_1"),
        ("charges.filter(c, c.amount_cents == 4900).map(c, c.id)", ["ch_1", "ch_2"]),
        ("charges.exists(c, c.amount_cents > 5000)", False),
        ("money(charges[2].amount_cents, charges[2].currency)", "$9.00"),
        ("date(charges[0].created) == '3 November' || true", True),
        ("days_between(charges[0].created, charges[1].created) < 1.0", True),
        ("has(charges[0].refunded)", False),
        ("'ch_1' in charges.map(c, c.id)", True),
        ("days_between(now, charges[0].created) >= 0.0", True),
    ],
)
def test_expressions_read_plain_values(expression, value):
    assert cel.evaluate(expression, {"charges": CHARGES}) == value


def test_now_follows_the_clock():
    before = clock.now().isoformat()
    with clock.moved(timedelta(days=400)):
        assert cel.evaluate("days_between(now, before) > 399.0", {"before": before})


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        ("size(pairs == ", "At character 15: it ends too early."),
        ("a b", "At character 3: 'b' does not fit there."),
        ("x @ y", "At character 3: '@' does not fit there."),
        ("\n\n1 +", "At character 4 of line 3: it ends too early."),
        ("'x", "At character 1: ''x' does not fit there."),
    ],
)
def test_a_broken_expression_says_where(expression, place):
    with pytest.raises(cel.ExpressionError) as caught:
        cel.check(expression)
    assert caught.value.message == place


@pytest.mark.parametrize("expression", ["size(pairs) == 0", "true", "a.b.c[0]", "{'a': 1}", "x ? y : z"])
def test_what_parses_is_accepted_before_its_values_are_known(expression):
    cel.check(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "missing",
        "charges[7].id",
        "charges[0].nothing",
        "charges + 1",
        "1 / 0",
        "money('x', 'usd')",
        "date('yesterday')",
        "unknown_function(1)",
        "",
    ],
)
def test_what_cannot_be_computed_is_a_refusal_not_a_crash(expression):
    with pytest.raises(cel.ExpressionError):
        cel.evaluate(expression, {"charges": CHARGES})


@pytest.mark.parametrize(
    "expression", ["__import__('os')", "open('/etc/passwd')", "charges.__class__", "now.__class__", "eval('1')"]
)
def test_expressions_reach_nothing_of_python(expression):
    with pytest.raises(cel.ExpressionError):
        cel.evaluate(expression, {"charges": CHARGES})


def test_values_are_not_changed_by_an_expression():
    values = {"charges": [dict(row) for row in CHARGES]}
    cel.evaluate("charges.map(c, c.amount_cents + 1)", values)
    assert values == {"charges": CHARGES}


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("contact.name", {"contact"}),
        ("found.charges.filter(c, c.id in slots.ids && size(c.x) > now)", {"found", "slots", "now"}),
        ("a.exists(x, b.exists(y, x == y))", {"a", "b"}),
        ('said.matches("\\\\b.filter(p, no)") && p', {"said", "p"}),
        ("type(x) == int", {"x"}),
        ("'just text'", set()),
    ],
)
def test_names_are_what_an_expression_reads_from_outside(expression, names):
    assert cel.names_in(expression) == names


def test_names_of_what_does_not_parse_are_refused():
    with pytest.raises(cel.ExpressionError, match="At character"):
        cel.names_in("size(a ==")


# ---- what an expression may cost ----


@pytest.mark.parametrize("call", [cel.check, lambda text: cel.evaluate(text, {})])
def test_an_expression_has_a_longest_length(call):
    call("1 " + "+ 1 " * 400)
    with pytest.raises(cel.ExpressionError, match="2,000"):
        call("1 " + "+ 1 " * 500)


def test_loops_in_loops_over_long_lists_are_refused_before_they_run():
    rows = list(range(101))
    pairs = "rows.exists(a, rows.exists(b, a + b == 200))"
    assert cel.evaluate(pairs, {"rows": rows}) is True
    with pytest.raises(cel.ExpressionError, match="3 loops"):
        cel.evaluate("rows.map(a, rows.map(b, rows.map(c, a + b + c)))", {"rows": rows})
    with pytest.raises(cel.ExpressionError, match="2 loops"):
        cel.evaluate("row.all . map ( a, row.all.map(b, 1))", {"row": {"all": list(range(1001))}})


def test_loops_after_one_another_are_no_loops_in_one_another():
    rows = list(range(5000))
    assert cel.evaluate("rows.filter(a, a > 1).map(b, b + 1).exists(c, c == 7)", {"rows": rows}) is True


def test_the_words_of_a_long_text_are_its_first_thousand():
    assert cel.evaluate("size(words(said))", {"said": "no " * 5000}) == cel.MAX_WORDS
    assert cel.evaluate("words(said)", {"said": " one  two\n"}) == ["one", "two"]


def test_a_joined_text_has_a_longest_length():
    rows = ["x" * 1000] * 30
    with pytest.raises(cel.ExpressionError, match="20,000"):
        cel.evaluate("join(rows, ' ')", {"rows": rows})

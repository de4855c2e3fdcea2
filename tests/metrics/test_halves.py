"""One value is shown alike wherever it is shown: noise behind the twelfth digit does not decide which way a half goes."""

import math

import pytest

from fairdesk.jobs.wording import percent, plain, points, rounded_to
from fairdesk.metrics.pairs_behind.shown_figures import number


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (5.625, "5.62"),
        (5.635, "5.64"),
        (0.28125, "0.281"),
        (1234.5, "1,230"),
        (99.95, "100"),
        (12.45, "12.4"),
        (1.0005, "1"),
    ],
)
def test_a_half_goes_to_the_even_digit_with_noise_or_without(value, shown):
    near = [value, math.nextafter(value, 0), math.nextafter(value, 1e9), value * (1 + 3e-15), value * (1 - 3e-15)]
    assert [plain(one, 3) for one in near] == [shown] * 5
    assert [plain(-one, 3) for one in near] == [f"-{shown}"] * 5


def test_rates_that_are_halves_in_percent():
    """9/160 is 5.625 %; 100 times it, and 1 less its complement, are floats beside that."""
    ways = [9 / 160, 1 - 151 / 160, 0.9 / 16, 9 * (1 / 160), 0.05 + 0.00625]
    assert (
        len(set(ways)) > 1
        and {percent(one) for one in ways} == {"5.62 %"}
        and {points(one) for one in ways} == {"5.62 pp"}
    )


def test_what_is_more_than_noise_decides():
    assert plain(5.62500001, 3) == "5.63" and plain(5.62499999, 3) == "5.62"
    assert rounded_to(9.996, 3) == 10 and rounded_to(1.5e-300, 1) == 2e-300


def test_thresholds_and_plain_numbers():
    assert {number(one) for one in (0.15625, 0.15625000000000003, 0.15624999999999997)} == {"0.1562"}
    assert (
        number(-2.00049999999999999) == number(-2.0005) == "\N{MINUS SIGN}2"
        and number(math.inf) == "∞"
        and number(7) == "7"
    )

"""Sequences that are made when asked for behave as lists of the same do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairdesk.made_sequences import MadeSequence
from fairdesk.packed_texts import PackedTexts

places = st.integers(-30, 30) | st.none()


class Squares(MadeSequence[int]):
    def __len__(self):
        return 12

    def item(self, place):
        assert 0 <= place < 12
        return place * place


@given(places, places, places.filter(lambda step: step != 0))
def test_as_a_list(start, stop, step):
    made, known = Squares(), [place * place for place in range(12)]
    texts = PackedTexts(map(str, known))
    part = slice(start, stop, step)
    assert made == known and list(made) == known and made[part] == known[part] and 49 in made and made.index(49) == 7
    assert texts == list(map(str, known)) and texts[part] == list(map(str, known[part])) and made != known[:-1]
    if start is not None:
        if -12 <= start < 12:
            assert made[start] == known[start] and texts[start] == str(known[start])
        else:
            for one in (made, texts):
                with pytest.raises(IndexError):
                    one[start]

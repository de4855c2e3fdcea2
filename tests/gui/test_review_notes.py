"""What the review says of a question is so: an answer that changes little is not said to decide much."""

from dataclasses import replace

import pytest

from fairdesk.clustering.review.asked import Asked
from fairdesk.clustering.review.candidates import Estimate
from fairdesk.clustering.review.questions import Kind
from fairdesk.gui.tabs.clustering.review_ahead import Ahead, note_of, progress_line
from fairdesk.project.verdicts import Said, Verdict, this_person


@pytest.mark.parametrize("who", ["ben", None])
@pytest.mark.parametrize(("gain", "much"), [(0.05, False), (0.9, False), (1.0, True), (6.0, True)])
def test_only_what_puts_a_face_right_decides_much(who, gain, much):
    earlier = Verdict(1, "a", Said.SAME, (1,), (2,), who or this_person(), 0.0)
    asked = Asked(Kind.SAME, gain, [1, 2], [1], [2], [1], [2], again=True, earlier=(earlier,))
    said = note_of(asked)
    assert ("decides much" in said) == much and ("to make it sure" in said) != much
    assert said.startswith(f"{who} answered" if who else "You answered")
    assert "everything else speaks against it" in note_of(replace(asked, doubted=True))
    assert "much" not in note_of(replace(asked, doubted=True))


@pytest.mark.parametrize(
    ("purity", "left", "said"),
    [(0.995, 0, "99 % is reached: further answers change little"), (0.9, 7, "some 7 answers to 99 %")],
)
def test_who_may_stop_is_told(purity, left, said):
    line = progress_line(Ahead([], {}, Estimate(purity, 0.99, left), 0, 0, 0, None), 3)
    assert said in line and "3 answered" in line


def test_clusters_that_do_not_follow_yet_are_told_and_no_end_is_claimed():
    own = Estimate(0.995, 0.995, 0)
    behind = own.of_clusters(0.97, 1.0)
    assert (behind.purity, behind.completeness, behind.behind) == (0.97 * 0.995, 0.995, True)
    line = progress_line(Ahead([], {}, behind, 0, 0, 0, None), 1)
    assert "the clusters follow the verdicts with the next answer" in line and "no question" not in line
    assert not own.of_clusters(1.0, 1.0).behind
    line = progress_line(Ahead([], {}, Estimate(0.9, 0.9, 0), 0, 0, 0, None, unlearned="next review"), 1)
    assert "no question is left" in line and "the next review learns from all" in line and "learning …" not in line
    line = progress_line(Ahead([], {}, Estimate(0.9, 0.9, 2), 0, 0, 0, None, unlearned="soon"), 1)
    assert "90.0% complete  ·  learning …  ·  some 2 answers" in line

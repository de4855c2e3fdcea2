"""A table with two columns of one name is refused, whichever of them would have been taken."""

import pytest

from fairdesk.dataset.label_table import read_labels
from fairdesk.errors import RequestError
from fairdesk.images.folder_layouts import Entry, Tree
from fairdesk.metrics.pair_lists.reading import read_pairs
from fairdesk.metrics.scores.score_files import read_scores


@pytest.mark.parametrize(
    "text",
    [
        "score,label,score\n.1,0,.9\n.8,1,.2\n",
        "label,score,label\n0,.1,1\n1,.8,0\n",
        "score,label,group1,group2,group1\n.1,0,A,A,B\n",
    ],
)
def test_scores(tmp_path, text):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(RequestError, match="more than one column"):
        read_scores(tmp_path / "s.csv")


def test_a_column_that_is_not_used_may_be_doubled(tmp_path):
    (tmp_path / "s.csv").write_text("score,label,note,note\n.1,0,a,b\n.8,1,c,d\n")
    assert read_scores(tmp_path / "s.csv").score.tolist() == [0.1, 0.8]


def test_pair_lists(tmp_path):
    (tmp_path / "p.csv").write_text("path1,path2,label,label\na.jpg,b.jpg,1,0\n")
    with pytest.raises(RequestError, match="more than one column 'label'"):
        read_pairs(tmp_path / "p.csv")


def test_labels(tmp_path):
    (tmp_path / "l.csv").write_text("path,group,group\na.jpg,A,B\n")
    with pytest.raises(RequestError, match="more than one column 'group'"):
        read_labels(tmp_path / "l.csv", Tree(tmp_path, "flat", [Entry("a.jpg", None, None)]))

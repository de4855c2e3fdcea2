"""A project whose originals were moved says so when it is opened, and offers to find them."""

from fairdesk.jobs.context import QuietContext
from fairdesk.jobs.registry import job_kinds


def test_moved_originals_are_told_and_found(window, filled, tmp_path):
    folder, session = filled.folder, window.session
    (tmp_path / "photographs").rename(tmp_path / "elsewhere")
    filled.close()
    told, asked = [], []
    session.told.connect(told.append)
    session.job_asked.connect(lambda kind, preset: asked.append((kind, preset)))
    assert session.open(folder)
    assert [one.text for one in told] == [
        f"The originals are missing: {tmp_path / 'photographs'} is not there. Their thumbnails, labels and results stay."
    ]
    assert told[0].action == "Find moved originals…"
    told[0].run()
    ((kind, preset),) = asked
    assert kind == "relink"
    relink = job_kinds()[kind]
    params = relink.params(**preset, new=tmp_path / "elsewhere")
    assert relink.function()(params, QuietContext(session.project)).relinked == 40
    told.clear()
    session.close_project()
    assert session.open(folder) and told == []

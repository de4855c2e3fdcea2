"""What tests of the metrics share."""

import pytest

from fairdesk.metrics.report import language as report_language


@pytest.fixture
def missed(monkeypatch):
    """What the Spanish catalogue lacks of what is asked of it."""
    found = set()
    plain, number = report_language._Phrases.gettext, report_language._Phrases.ngettext

    def gettext(self, message):
        found.update({message} - set(self._phrases))
        return plain(self, message)

    def ngettext(self, one, many, n):
        found.update({one, many} - set(self._phrases))
        return number(self, one, many, n)

    monkeypatch.setattr(report_language._Phrases, "gettext", gettext)
    monkeypatch.setattr(report_language._Phrases, "ngettext", ngettext)
    return found

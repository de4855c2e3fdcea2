"""The Training tab. Nothing can be trained yet, and it says so."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from fairdesk.gui.forms import load_form
from fairdesk.gui.session import Session
from fairdesk.gui.tabs.base import Tab


class TrainingTab(Tab):
    """An honest empty state."""

    name = "training"
    title: QLabel
    text: QLabel

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        load_form(self, "training_tab.ui")
        self.title.setText("Training comes later")
        self.text.setText(
            "This version cannot train recognisers yet. Recognisers trained elsewhere can be measured today: score your pair "
            "list with them, then open the scores in the Metrics tab."
        )

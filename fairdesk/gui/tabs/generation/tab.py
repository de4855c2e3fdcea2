"""The Generation tab. Nothing can be generated yet, and it says so."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from fairdesk.gui.forms import load_form
from fairdesk.gui.session import Session
from fairdesk.gui.tabs.base import Tab


class GenerationTab(Tab):
    """An honest empty state."""

    name = "generation"
    title: QLabel
    text: QLabel

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        load_form(self, "generation_tab.ui")
        self.title.setText("Generation comes later")
        self.text.setText(
            "This version cannot make or translate faces yet. Images that other tools made can be imported: those that carry "
            "FairDesk's synthetic mark stay marked, and are left out of pair lists unless you ask for them."
        )

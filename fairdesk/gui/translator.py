"""Texts that Qt looks up by itself, those of `ui/` and of its own buttons and dialogs, go through `tr` too."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QTranslator

from fairdesk.words import in_english, language, mark, tr

# What Qt names by itself in every window.
QTS_OWN = (mark("OK"), mark("Cancel"), mark("Close"), mark("Float"), mark("Scroll Left"), mark("Scroll Right"))

_Text = bytes | bytearray | memoryview | str


def _plain(text: _Text) -> str:
    return text if isinstance(text, str) else bytes(text).decode()


class Translator(QTranslator):
    """Looks a text up in the program's catalogue, and what is not there in Qt's own."""

    def __init__(self, parent: QCoreApplication) -> None:
        super().__init__(parent)
        self._own = QTranslator(self)
        self._own.load(f"qtbase_{language()}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))

    def translate(
        self,
        context: _Text,
        sourceText: _Text,  # noqa: N803
        disambiguation: _Text | None = None,
        n: int = -1,
    ) -> str:
        text = _plain(sourceText)
        if not text:
            return ""
        said = tr(text)
        if said != text or self._own.isEmpty():
            return said
        return self._own.translate(_plain(context), text, _plain(disambiguation or ""), n) or text

    def isEmpty(self) -> bool:  # noqa: N802
        return False


def install(application: QCoreApplication) -> None:
    """Let an application speak the language in use: nothing is done for English."""
    if not in_english():
        application.installTranslator(Translator(application))

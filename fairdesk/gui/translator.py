"""Texts that Qt translates by itself, those of `ui/` and of its own buttons, go through `tr` too."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QTranslator

from fairdesk.words import in_english, language, tr


class Translator(QTranslator):
    """Looks a text up in the program's catalogue; what is not there is left to Qt."""

    def translate(
        self,
        context: bytes | bytearray | memoryview | str,
        sourceText: bytes | bytearray | memoryview | str,  # noqa: N803
        disambiguation: bytes | bytearray | memoryview | str | None = None,
        n: int = -1,
    ) -> str:
        text = sourceText if isinstance(sourceText, str) else bytes(sourceText).decode()
        said = tr(text) if text else ""
        return "" if said == text else said

    def isEmpty(self) -> bool:  # noqa: N802
        return False


def install(application: QCoreApplication) -> None:
    """Let an application speak the language in use: nothing is done for English."""
    if in_english():
        return
    own = QTranslator(application)
    if own.load(f"qtbase_{language()}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        application.installTranslator(own)
    application.installTranslator(Translator(application))  # the one installed last is asked first

"""A command in a text is the name of its form in the window, or can be typed."""

from pathlib import Path

import pytest

from fairdesk.gui.remedies import in_window

PROJECT = Path("/home/me/my faces.fairdesk")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Moved: fairdesk relink PROJECT '/a b/c' NEW-FOLDER. Deleted ones", "Moved: “Find moved originals”. Deleted ones"),
        ("Moved: fairdesk relink PROJECT '/it'\"'\"'s/b' NEW-FOLDER", "Moved: “Find moved originals”"),
        ("Now: fairdesk import PROJECT /a.b/c, or hide", "Now: “Import images”, or hide"),
        ("Now: fairdesk import PROJECT /a.b/c.", "Now: “Import images”."),
        ("Find them (fairdesk relink PROJECT OLD NEW).", "Find them (“Find moved originals”)."),
        (
            "Larger: fairdesk detect PROJECT --detector hog+all@2 --max-side 300. More",
            "Larger: fairdesk detect '/home/me/my faces.fairdesk' --detector hog+all@2 --max-side 300. More",
        ),
        ("Detect faces first: fairdesk detect PROJECT --detector cnn", "Detect faces first: “Detect faces” (Detector: cnn)"),
        ("Of yours: fairdesk encode '/b b' --detector cnn", "Of yours: fairdesk encode '/b b' --detector cnn"),
        ("Find moved originals: fairdesk relink PROJECT /a/b NEW-FOLDER.", "“Find moved originals”."),
        (
            "It is gone (Find moved originals: fairdesk relink PROJECT /a NEW). Then Find moved originals: fairdesk relink PROJECT /b /c",
            "It is gone (“Find moved originals”). Then “Find moved originals”",
        ),
        ("See fairdesk history PROJECT", "See fairdesk history '/home/me/my faces.fairdesk'"),
        ("Make one: fairdesk new PROJECT", "Make one: fairdesk new PROJECT"),
        ("fairdesk is a program", "fairdesk is a program"),
    ],
)  # fmt: skip
def test_commands_are_the_names_of_forms_or_can_be_typed(text, said):
    assert in_window(text, PROJECT) == said

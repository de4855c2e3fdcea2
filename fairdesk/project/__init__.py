"""The project folder: catalogue, journal, vectors, thumbnails. Nothing here knows Qt or a model."""

from fairdesk.project.project import Project

__all__ = ["Project"]

"""FairDesk: measure and reduce bias in face recognition, in a window or from the command line."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("fairdesk")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+source"

"""FairDesk: measure and reduce bias in face recognition, in a window or from the command line."""


def __getattr__(name: str) -> str:
    """Look the version up when it is asked for: that takes longer than all else a worker does before it starts."""
    if name != "__version__":
        raise AttributeError(name)
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("fairdesk")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0+source"

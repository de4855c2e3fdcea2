"""Open any picture safely; folder layouts, hashes, thumbnails, and the mark inside synthetic files."""

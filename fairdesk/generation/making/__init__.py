"""Making, walking between, exploring and translating faces."""

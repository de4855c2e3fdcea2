"""Pair lists, scores, error rates, group fairness and its uncertainty, reports."""

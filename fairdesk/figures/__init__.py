"""Plots without a window, for verbs and reports; the window's plots use the same colours."""

"""Widgets: view model in, command out."""

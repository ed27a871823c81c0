"""Composition of the whole product; the one module that knows every room."""

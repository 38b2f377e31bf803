"""Containers as native shell commands."""

__version__ = "0.1.0"

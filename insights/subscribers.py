"""Reactions of insights to what happens."""

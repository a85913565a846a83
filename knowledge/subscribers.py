"""Reactions of knowledge to what happens."""

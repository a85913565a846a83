"""Reactions of tickets to what happens."""

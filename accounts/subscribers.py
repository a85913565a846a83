"""Reactions of accounts to what happens."""

"""Reactions of integrations to what happens."""

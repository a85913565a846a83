"""What can be asked of the sandbox; importing registers every action."""

from integrations.connectors.sandbox import accounts, billing, operations

__all__ = ["accounts", "billing", "operations"]

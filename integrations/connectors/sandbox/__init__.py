"""The sandbox connector: billing, accounts and orders in our own database."""

"""Example phrases of what a turn does in a conversation; data, edited like any other examples."""

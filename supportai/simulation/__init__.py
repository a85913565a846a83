"""Simulations: scripted customers against the real agent, with assertions on calls and end state."""

"""The AI agent: a deterministic loop around a policy that only proposes."""

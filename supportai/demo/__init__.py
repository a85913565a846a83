"""The demo company Fernway (made up): articles, intents, procedures, customers and a sandbox to act in."""

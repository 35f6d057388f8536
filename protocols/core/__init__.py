"""The engine: messages, parties, sessions, runners, views, costs."""

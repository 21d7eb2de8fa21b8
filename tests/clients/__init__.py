"""Clients of others, whose authors never heard of the sandbox, unmodified, at their normal work against it."""

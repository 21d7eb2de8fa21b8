"""JQL: `syntax` reads a query, `fields`, `functions` and `values` know what is in it, `search` finds the issues."""

"""CQL: `syntax` reads a query, `search` finds the pages and `people` the accounts that it means."""

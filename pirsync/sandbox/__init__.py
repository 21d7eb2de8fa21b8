"""A Jira and a Confluence in one process, for trying things without a site; it knows nothing of pirsync."""

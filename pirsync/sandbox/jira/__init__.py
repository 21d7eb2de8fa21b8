"""Jira's REST API in both dialects: what a request means for the tracker, and the tracker as Jira's JSON."""

"""Confluence storage format: pages are scanned, read and spliced as bytes, and never re-serialised. Pure."""

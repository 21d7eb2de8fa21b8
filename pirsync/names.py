"""What pirsync calls its own things on the two sites, so that anybody finds them who lost everything else."""

from __future__ import annotations

STAMP = "pirsync:"
"""Every version message of ours starts with this; it tells our versions from people's."""

PAGE_PROPERTY = "pirsync.review"
PAGE_LABEL = "pirsync-review"
INDEX_LABEL = "pirsync-index"
TICKET_LABEL = "pirsync"
LINK_PREFIX = "pirsync:page:"
"""A remote link's global id is this and the page's id; writing it is an upsert."""

"""Confluence's REST APIs: `v1` is `/rest/api` of both dialects, `v2` is Cloud's `/api/v2`; `call` is what all share."""

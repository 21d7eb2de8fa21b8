"""pirsync: post-incident reviews that finish themselves."""

__version__ = "0.1.0"

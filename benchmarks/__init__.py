"""Measurements that print tables: requests first, then time and memory. Nothing here is a timed test."""

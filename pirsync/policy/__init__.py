"""What the procedures ask, as pure functions over the nouns: no I/O, and the present is always an argument."""

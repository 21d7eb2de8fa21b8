"""Both products in a browser, for a person: pages made here from `templates`."""

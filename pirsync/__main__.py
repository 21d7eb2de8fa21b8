"""`python -m pirsync` is `pirsync`."""

from pirsync.cli import main

main()

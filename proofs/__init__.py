"""The long versions of proofs whose short ones run with the tests; each prints its figures. Run by `make`."""

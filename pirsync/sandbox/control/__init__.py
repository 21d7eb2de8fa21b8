"""The sandbox's own calls under `/__sandbox`: about the whole world, and about one product each."""

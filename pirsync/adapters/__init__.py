"""What stands between the ports and the world: clients, the local store, and the worlds kept in memory."""

"""Between the network and the handlers of both products: the way in, one request at a time, faults, and the way out."""

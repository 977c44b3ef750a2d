"""What every door that listens on a port shares: who may come in, and how long is waited for them."""

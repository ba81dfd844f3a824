"""Where in its pictures the winner looks, and how that lies to boxes which people drew."""

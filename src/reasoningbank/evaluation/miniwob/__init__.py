"""MiniWoB++: pages to act on, general strategies for them, and how each strategy fared on each page."""

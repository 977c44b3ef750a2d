"""Moving in from other tools: their memories read, made patterns and trajectories, and put in place.

``rows`` come from `reasoningbank.storage.foreign` and from JSON lines; ``schemas`` knows what each
table holds; ``taking_in`` stores it; ``running`` takes the steps, each of which can be repeated;
``rolling_back`` goes back.
"""

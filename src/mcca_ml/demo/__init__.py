"""The demonstrations: a simulated world or a simulated day, and what is made of it."""

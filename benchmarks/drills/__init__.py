"""Does it hold when it is broken, killed or repeated?"""

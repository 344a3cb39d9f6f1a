"""How good is it, beside truth, peers and real fields?"""

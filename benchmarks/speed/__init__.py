"""How fast is it, beside a peer and beside the limit of the machine?"""

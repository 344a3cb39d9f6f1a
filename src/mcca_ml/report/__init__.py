"""A record, and what it is compared with -> scores, figures, one page."""

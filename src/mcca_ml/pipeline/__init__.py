"""Configuration and granules -> the record, stage by stage; what is done is not done again."""

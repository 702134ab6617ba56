"""Photos for the category folders, with their licences. Empty for now: the scraper is to come."""

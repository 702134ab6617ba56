"""HTTP without pages: robots.txt, URLs, rate limits, retries, an API key's quota."""

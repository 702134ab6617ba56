"""Polite HTTP: robots.txt, addresses, quota, retries."""

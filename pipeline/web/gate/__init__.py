"""Between a stranger's request and the page: bounds, token, login, what may be asked."""

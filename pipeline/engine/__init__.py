"""What a photo passes through, without paths or pages: bundle, networks, routing, requests."""

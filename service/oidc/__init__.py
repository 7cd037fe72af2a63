"""Identity tokens of an OpenID Connect issuer: fetching its keys, checking tokens, finding the member a token names."""

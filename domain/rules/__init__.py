"""The rules of admission, one module per subject. Each raises a named refusal or returns; none changes anything."""

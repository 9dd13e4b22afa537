"""The messages and stubs of the API tinyrig.v1, made of proto/tinyrig/v1 when the package is built."""

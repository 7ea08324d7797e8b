//! SHA-256 digests of bytes, files and folders, and their hexadecimal form.

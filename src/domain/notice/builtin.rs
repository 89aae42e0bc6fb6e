//! Built-in words, used where no template is configured and where one fails.

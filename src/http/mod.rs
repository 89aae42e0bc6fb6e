//! The HTTP surface: webhook, API, pages, metrics, health. Handlers translate; they decide nothing.

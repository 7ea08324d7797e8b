//! The in-process trainer: data, preprocessing, models, optimisers, training, metrics, seeded randomness.
